"""What a release says of itself: the one file that a reader on another machine has to trust.

Nothing here but the standard library, so that a GPU node reads a release without the pipeline.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dq.errors import IntegrityError
from dq.release.gate import Check, GateResult
from dq.release.seal import SEAL, seal_of

FORMAT = "dq-release-2"
"""The shape of manifest.json. A reader refuses another, but for the one before, which had no seal."""
UNSEALED = "dq-release-1"
EDITED = "copy the release again; releases are never edited"
"""What to do where a file of a release is not what was published."""


@dataclass(frozen=True)
class SourceUse:
    """A source that a release is made from: its terms, its rows, and from how many landings they came.

    `licences` are those that its bytes landed with, `licence` the same in one line; `consent` is what the people in
    the data agreed to, null where that is not stated or it is not about people.
    """

    name: str
    licence: str
    rows: int
    landings: int = 0
    url: str | None = None
    consent: str | None = None
    licences: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableFlow:
    """What became of the rows of a table on the way: rows in are the sum of the next four.

    `broken` says how many rows broke which rule, those included that only warned.
    """

    table: str
    rows_in: int
    accepted: int
    quarantined: int = 0
    deduplicated: int = 0
    superseded: int = 0
    broken: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """A published column. `dtype` is Arrow's name for it (`float32`, `string`, …); `nullable`: has nulls."""

    name: str
    dtype: str
    nullable: bool


@dataclass(frozen=True)
class File:
    """A published file: whole, and block by block, so that a reader verifies just what it reads.

    `blocks` is the SHA-256 of the bytes of each row group, `footer` of all that lies behind the last one.
    `plain` names the columns whose values in every block are the last bytes of their column chunk, raw and
    little-endian: Parquet's PLAIN encoding, in one page, seen to be so when the file was written. `long_texts` says
    the same of columns of long texts (each its length in 4 bytes, then its bytes), and where in the file those of each
    block begin.
    """

    path: str
    split: str
    rows: int
    bytes: int
    sha256: str
    footer: str
    blocks: tuple[str, ...]
    plain: tuple[str, ...] = ()
    long_texts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """All that is known of a release. `block_rows` rows make a block; only a split's last one has fewer.

    `flow` and `conflicts` (entities on which sources disagreed, by column) tell how the rows came about, `labels` how
    many rows have which value of the label, by split.
    """

    dataset: str
    version: int
    created_at: str
    content_hash: str
    key: str
    features: tuple[str, ...]
    label: str | None
    columns: tuple[Column, ...]
    order: str
    block_rows: int
    splits: Mapping[str, int]
    files: tuple[File, ...]
    sources: tuple[SourceUse, ...]
    contract_versions: Mapping[str, str]
    scores: Mapping[str, float]
    gate: GateResult
    code_version: str
    notes: tuple[str, ...] = ()
    flow: tuple[TableFlow, ...] = ()
    conflicts: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    format: str = FORMAT

    def to_json(self) -> str:
        """Give the manifest as sealed JSON that `from_json` reads back to an equal one."""
        said = asdict(self) | {"format": FORMAT}
        return json.dumps(said | {SEAL: seal_of(said)}, indent=1, ensure_ascii=False) + "\n"

    @staticmethod
    def from_json(text: str, *, where: str) -> Manifest:
        """Read a manifest.

        Raises:
            IntegrityError: where the text is not a manifest of this format, or was edited since it was sealed;
                `where` names the file.

        """
        try:
            raw: dict[str, Any] = json.loads(text)
            _refuse_edited(raw, where)
            raw.pop(SEAL, None)
            gate = raw["gate"]
            return Manifest(
                **raw
                | {
                    "features": tuple(raw["features"]),
                    "columns": tuple(Column(**column) for column in raw["columns"]),
                    "files": tuple(
                        File(
                            **file
                            | {
                                "blocks": tuple(file["blocks"]),
                                "plain": tuple(file["plain"]),
                                "long_texts": {
                                    name: tuple(starts) for name, starts in file.get("long_texts", {}).items()
                                },
                            }
                        )
                        for file in raw["files"]
                    ),
                    "sources": tuple(
                        SourceUse(**source | {"licences": tuple(source.get("licences", ()))})
                        for source in raw["sources"]
                    ),
                    "flow": tuple(TableFlow(**flow) for flow in raw.get("flow", ())),
                    "notes": tuple(raw["notes"]),
                    "gate": GateResult(
                        passed=gate["passed"],
                        reasons=tuple(gate["reasons"]),
                        floors=gate["floors"],
                        checks=tuple(Check(**check) for check in gate["checks"]),
                    ),
                }
            )
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(
                f"this is not the manifest of a release: {error!r}",
                where=where,
                hint=EDITED,
            ) from error

    def write(self, folder: Path) -> None:
        """Write `manifest.json` into `folder`."""
        (folder / "manifest.json").write_text(self.to_json(), encoding="utf-8")


def _refuse_edited(raw: Mapping[str, Any], where: str) -> None:
    if raw["format"] not in {FORMAT, UNSEALED}:
        raise IntegrityError(
            f"the manifest has format {raw['format']!r}, this version of dq reads {FORMAT!r}",
            where=where,
            hint="read it with the version of dq that wrote it, or release again",
        )
    if raw["format"] == FORMAT and raw[SEAL] != seal_of(raw):
        raise IntegrityError(
            "the manifest was edited since the release was made: its seal is of other contents",
            where=where,
            hint=EDITED,
        )
