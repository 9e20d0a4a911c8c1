"""Which columns a loader reads, and which of them make up matrices: refused where they are not what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from dq.errors import ConfigError, SchemaError
from dq.release.manifest import Column
from dq.release.release import Release
from dq.training.space import Matrix

MATRIX = "features"
NUMBERS = ("int", "uint", "float", "bool", "halffloat")


def chosen(release: Release, asked: Sequence[str] | Mapping[str, str] | None) -> tuple[str, ...]:
    """Give the columns asked for, the features and the label where none were.

    Raises:
        SchemaError: where one is unknown or named twice, or of another dtype than a mapping says.

    """
    if isinstance(asked, str):
        raise SchemaError(f"columns is the text {asked!r}, not a list", hint=f"columns=[{asked!r}]")
    manifest = release.manifest
    if asked is None:
        return (*manifest.features, *([manifest.label] if manifest.label else []))
    dtypes = {column.name: column.dtype for column in manifest.columns}
    wrong = [f"no column {name!r}" for name in asked if name not in dtypes]
    wrong += [f"{name!r} twice" for place, name in enumerate(asked) if name in list(asked)[:place]]
    if isinstance(asked, Mapping):
        known = {name: dtype for name, dtype in asked.items() if name in dtypes}
        wrong += [
            f"{name} is {dtypes[name]}, not {dtype}" for name, dtype in known.items() if dtype != dtypes[name]
        ]
    if wrong or not asked:
        raise SchemaError(
            "; ".join(wrong) or "no columns were asked for",
            where=str(release.path / "manifest.json"),
            hint=f"the release has: {', '.join(f'{name} {dtype}' for name, dtype in dtypes.items())}",
        )
    return tuple(asked)


def matrices(release: Release, columns: Sequence[str], kind: bool | Literal["by dtype"]) -> dict[str, Matrix]:
    """Give the matrices of the numeric and boolean features among these columns, by name.

    None for False; one of float32, `features`, for True; one a dtype, `features_int64` and so on, for "by dtype".

    Raises:
        SchemaError: where there are none, or another column has a matrix's name.
        ConfigError: for another kind.

    """
    if kind is False:
        return {}
    if kind is not True and kind != "by dtype":
        raise ConfigError(f"matrix is {kind!r}", hint='give True, False or "by dtype"')
    where = str(release.path / "manifest.json")
    features = [column for column in release.manifest.columns if column.name in release.manifest.features]
    dtypes = {column.name: _loaded(column) for column in features if column.dtype.startswith(NUMBERS)}
    found = [name for name in columns if name in dtypes]
    if not found:
        raise SchemaError("no numeric feature was asked for", where=where, hint="leave out matrix")
    if kind is True:
        made = {MATRIX: Matrix(np.dtype(np.float32), tuple(found))}
    else:
        groups: dict[np.dtype[np.generic], list[str]] = {}
        for name in found:
            groups.setdefault(dtypes[name], []).append(name)
        made = {f"{MATRIX}_{dtype}": Matrix(dtype, tuple(names)) for dtype, names in groups.items()}
    taken = [name for name in made if name in set(columns) - set(found)]
    if taken:
        raise SchemaError(f"a column is itself named {taken[0]!r}", where=where, hint="leave out matrix")
    return made


def _loaded(column: Column) -> np.dtype[np.generic]:
    """Give the numpy type that the loader gives a numeric column in."""
    if column.nullable and not column.dtype.startswith(("float", "halffloat")):
        return np.dtype(np.float64)
    return np.dtype("float16" if column.dtype == "halffloat" else column.dtype)
