"""Errors as Dagster should show them: one clear message, and a retry only where the world may recover."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from dq.errors import DqError, FetchError


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn an error of dq into a step failure; only what could not be fetched for now is worth another try."""
    try:
        yield
    except DqError as error:
        raise dg.Failure(
            str(error),
            metadata={"fault": type(error).__name__, "where": error.where or "", "hint": error.hint or ""},
            allow_retries=isinstance(error, FetchError) and error.retry,
        ) from error
