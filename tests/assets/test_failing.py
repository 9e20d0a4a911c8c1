"""How an error of dq ends a step."""

import dagster as dg
import pytest

from assets.failing import failing_clearly
from dq.errors import DqError, FetchError, LedgerError


@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (FetchError("HTTP 503", where="http://h/"), True),
        (FetchError("HTTP 404", where="http://h/").for_good(), False),
        (LedgerError("1 ≠ 2"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(error: DqError, *, retried: bool) -> None:
    """A server in trouble is worth another try, a page that is gone and a bug are not; the message is the error's."""
    with pytest.raises(dg.Failure, match=error.what) as caught, failing_clearly():
        raise error
    assert caught.value.allow_retries is retried
