"""Which columns a loader reads, and which of them make up its matrix: refused where they are not what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dq.errors import SchemaError
from dq.release.release import Release
from dq.training.pool import MATRIX

NUMBERS = ("int", "uint", "float", "bool", "halffloat")


def chosen(release: Release, asked: Sequence[str] | Mapping[str, str] | None) -> tuple[str, ...]:
    """Give the columns asked for, the features and the label where none were.

    Raises:
        SchemaError: where one is unknown, or of another dtype than a mapping says.

    """
    if isinstance(asked, str):
        raise SchemaError(f"columns is the text {asked!r}, not a list", hint=f"columns=[{asked!r}]")
    manifest = release.manifest
    if asked is None:
        return (*manifest.features, *([manifest.label] if manifest.label else []))
    dtypes = {column.name: column.dtype for column in manifest.columns}
    wrong = [f"no column {name!r}" for name in asked if name not in dtypes]
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


def numeric(release: Release, columns: Sequence[str]) -> tuple[str, ...]:
    """Give the numeric and boolean features among these columns.

    Raises:
        SchemaError: where there are none, or another column has the matrix's name.

    """
    manifest = release.manifest
    dtypes = {column.name: column.dtype for column in manifest.columns}
    found = tuple(name for name in columns if name in manifest.features and dtypes[name].startswith(NUMBERS))
    if not found or MATRIX in set(columns) - set(found):
        raise SchemaError(
            "no numeric feature was asked for" if not found else f"a column is itself named {MATRIX!r}",
            where=str(release.path / "manifest.json"),
            hint="leave out matrix=True",
        )
    return found
