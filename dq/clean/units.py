"""Measures in many units, as numbers in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dq.clean.marks import append, mark, with_ledgers
from dq.errors import ContractError
from dq.required_columns import require

MEASURE = r"^([+\-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-]?[0-9]+)?)\s*(.*)$"


@dataclass(frozen=True)
class Affine:
    """A unit with a zero of its own: the value is `factor` × number + `offset`."""

    factor: float
    offset: float


def to_unit(
    frame: pl.LazyFrame, column: str, units: Mapping[str, float | Affine], *, bare: str | None = None
) -> pl.LazyFrame:
    """Give `frame` with `column` as a float in the unit that has factor 1, each cell by the unit that it
    names.

    `units` says what each unit is worth; names are compared without case. `bare` is the unit of cells that
    name none; without it such cells are problems. A cell converted from another unit leaves a repair
    `unit:<column>` (consistency); one that cannot be read is null and a problem `unit:<column>` (accuracy).
    Empty cells are null. A column that is numeric already is left as it is.

    >>> weights = pl.LazyFrame({"w": ["70 kg", "70000g", "154.3 lb", "70", "11 stone"]})
    >>> told = to_unit(weights, "w", {"kg": 1, "g": 0.001, "lb": 0.45359237}, bare="kg").collect()
    >>> told["w"].round(1).to_list()
    [70.0, 70.0, 70.0, 70.0, None]

    Raises:
        SchemaError: where the column is missing.
        ContractError: where `bare` is none of the units, or two differ only by case.

    """
    require(frame, [column], "to_unit")
    names = [unit.strip().lower() for unit in units]
    if len(set(names)) < len(names) or (bare is not None and bare.lower() not in names):
        raise ContractError(
            f"units must be told apart without case and hold {bare!r}: {list(units)}", where=column
        )
    if frame.collect_schema()[column] != pl.String:
        return with_ledgers(frame)
    worth = [unit if isinstance(unit, Affine) else Affine(float(unit), 0.0) for unit in units.values()]
    text = pl.col(column).str.strip_chars()
    parts = pl.col("_dq:parts").struct
    said = parts.field("2").str.to_lowercase()
    unit = pl.when(said == "").then(pl.lit(bare.lower() if bare else None, dtype=pl.String)).otherwise(said)
    factor = unit.replace_strict(names, [one.factor for one in worth], default=None, return_dtype=pl.Float64)
    offset = unit.replace_strict(names, [one.offset for one in worth], default=None, return_dtype=pl.Float64)
    number, value = pl.col("_dq:number"), pl.col("_dq:value")
    # In steps, each a column of its own: written as one expression, the cell would be taken apart many times.
    return (
        with_ledgers(frame)
        .with_columns(text.str.extract_groups(MEASURE).alias("_dq:parts"))
        .with_columns(parts.field("1").cast(pl.Float64, strict=False).alias("_dq:number"))
        .with_columns((number * factor + offset).alias("_dq:value"))
        .with_columns(pl.when(value.is_finite()).then(value).alias("_dq:value"))
        .with_columns(
            append("_problems", [mark((text != "") & value.is_null(), column, "unit", "accuracy")]),
            append("_repairs", [mark(value != number, column, "unit", "consistency")]),
            value.alias(column),
        )
        .drop("_dq:parts", "_dq:number", "_dq:value")
    )
