"""The data card: what a person wants to know of a release before training on it, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dq.release.manifest import Manifest


def write_card(manifest: Manifest, folder: Path) -> None:
    """Write `card.md` into `folder`."""
    (folder / "card.md").write_text(card(manifest), encoding="utf-8")


def card(manifest: Manifest) -> str:
    """Give the data card: sources and licences, counts, scores, splits, columns, gate, known limits."""
    gate = manifest.gate
    rows = sum(manifest.splits.values())
    verdict = "passed" if gate.passed else "**failed: do not train on this version**"
    roles = dict.fromkeys(manifest.features, "feature") | {manifest.key: "key"}
    if manifest.label:
        roles[manifest.label] = "label"
    parts = [
        f"# {manifest.dataset} v{manifest.version}",
        f"{rows:,} rows, made at {manifest.created_at} by {manifest.code_version}. Gate: {verdict}.",
        f"Content hash: `{manifest.content_hash}`",
        "## Splits",
        _table(
            ("split", "rows", "share"),
            ((n, f"{c:,}", f"{c / max(rows, 1):.1%}") for n, c in manifest.splits.items()),
        ),
        "## Sources",
        _table(
            ("source", "licence", "rows", "landings", "address"),
            ((s.name, s.licence, f"{s.rows:,}", f"{s.landings:,}", s.url or "") for s in manifest.sources),
        ),
        "## Columns",
        _table(
            ("column", "type", "nulls", "role"),
            (
                (c.name, c.dtype, "yes" if c.nullable else "no", roles.get(c.name, ""))
                for c in manifest.columns
            ),
        ),
        "## Quality",
        _table(
            ("score", "value", "floor"),
            (
                (n, f"{v:.4f}", f"{gate.floors[n]:.4f}" if n in gate.floors else "")
                for n, v in manifest.scores.items()
            ),
        ),
        "## Gate",
        _table(
            ("check", "passed", "seen"),
            ((c.name, "yes" if c.passed else "**no**", c.words) for c in gate.checks),
        ),
        *(["Failed because:", _bullets(gate.reasons)] if gate.reasons else []),
        "## Contracts",
        _table(("table", "contract version"), manifest.contract_versions.items()),
        "## Known limits",
        _bullets(manifest.notes) if manifest.notes else "None were stated.",
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    if not body:
        return "None."
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *body])


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
