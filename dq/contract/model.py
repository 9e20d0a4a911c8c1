"""A Pandera model as its author wrote it: read for its schema and types, or refused with what to write instead."""

from __future__ import annotations

from typing import Any

import polars as pl
from pandera.api.dataframe.model_components import CHECK_KEY, DATAFRAME_CHECK_KEY, CheckInfo
from pandera.errors import SchemaInitError

from dq.errors import ContractError


def schema_of(model: type[Any]) -> Any:
    """Give the Pandera schema of a model.

    Raises:
        ContractError: where the model is none that works, or asks for what a contract cannot have.

    """
    _refuse_names_that_pandera_forgets(model)
    try:
        schema = model.to_schema()
    except SchemaInitError as error:
        raise ContractError(
            f"{model.__name__} is not a Pandera model that works: {error}",
            where=model.__module__,
            hint="a class attribute must be a Field; the table's name goes into `class Config: name = …`",
        ) from error
    for name, column in schema.columns.items():
        if column.regex:
            raise ContractError(
                f"{model.__name__}.{name} names its columns by a pattern",
                where=model.__module__,
                hint="name each column: a contract must know its columns before it sees a frame",
            )
    if schema.dtype is not None:
        raise ContractError(
            f"{model.__name__} sets one dtype for all columns",
            where=model.__module__,
            hint="give each column its own",
        )
    return schema


def _refuse_names_that_pandera_forgets(model: type[Any]) -> None:
    """Only the first model that is built of an inherited check knows the `name=` that was given to it."""
    for base in model.__mro__[1:]:
        for attribute in vars(base).values():
            info = getattr(attribute, CHECK_KEY, None) or getattr(attribute, DATAFRAME_CHECK_KEY, None)
            if not isinstance(info, CheckInfo):
                continue
            written, name = info.check_fn.__name__, info.check_kwargs.get("name")
            if name not in {None, written}:
                raise ContractError(
                    f"{model.__name__} inherits the check {written} under another name, {name!r}",
                    where=base.__module__,
                    hint="Pandera forgets the names of inherited checks: give the function itself that name",
                )


def dtype_of(name: str, column: Any, model: type[Any]) -> pl.DataType:
    """Give the Polars type of a column of the model's schema.

    Raises:
        ContractError: where it is not told in full.

    """
    dtype = column.dtype.type if column.dtype is not None else None
    try:
        instance = dtype() if isinstance(dtype, type) else dtype
    except TypeError:
        instance = None
    if not isinstance(instance, pl.DataType):
        raise ContractError(
            f"{model.__name__}.{name} has no full type: {dtype}",
            where=model.__module__,
            hint="for example pl.List(pl.Int64) instead of pl.List",
        )
    return instance
