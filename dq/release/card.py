"""The data card: what a person wants to know of a release before training on it, as Markdown and as a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dq.release.manifest import Manifest


@dataclass(frozen=True)
class Section:
    """A part of the card: a table, or where it has no head, lines.

    A page shows the column `shares` as bars, `parts` of each row, in the first column, as parts of one bar, and
    `numbers` to the right.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str = "None."
    shares: str | None = None
    parts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def card(manifest: Manifest) -> str:
    """Give the data card as Markdown."""
    rows = sum(manifest.splits.values())
    verdict = "passed" if manifest.gate.passed else "**failed: do not train on this version**"
    parts = [
        f"# {manifest.dataset} v{manifest.version}",
        f"{rows:,} rows, made at {manifest.created_at} by {manifest.code_version}. Gate: {verdict}.",
        f"Content hash: `{manifest.content_hash}`",
    ]
    for section in sections(manifest):
        parts.append(f"## {section.title}")
        if not section.rows:
            parts.append(section.none)
        elif section.head:
            parts.append(_table(section.head, section.rows))
        else:
            parts.append("\n".join(f"- {line}" for (line,) in section.rows))
    return "\n\n".join(parts) + "\n"


def sections(manifest: Manifest) -> list[Section]:
    """Give the card's parts: splits, sources and terms, what became of the rows, quality, columns, gate, limits."""
    gate, rows = manifest.gate, sum(manifest.splits.values())
    roles = dict.fromkeys(manifest.features, "feature") | {manifest.key: "key"}
    if manifest.label:
        roles[manifest.label] = "label"
    parts = ("accepted", "quarantined", "deduplicated", "superseded")
    counts = ("rows_in", *parts)
    broken = [
        (flow.table, rule, f"{failed:,}")
        for flow in manifest.flow
        for rule, failed in sorted(flow.broken.items(), key=lambda item: -item[1])
    ]
    return [
        *(
            [_section("Why the gate failed", (), [(reason,) for reason in gate.reasons])]
            if gate.reasons
            else []
        ),
        Section(
            "Splits",
            ("split", "rows", "share"),
            tuple((n, f"{c:,}", f"{c / max(rows, 1):.1%}") for n, c in manifest.splits.items()),
            shares="share",
            numbers=("rows", "share"),
        ),
        _labels(manifest),
        _section(
            "Sources",
            ("source", "licence", "consent", "rows", "landings", "address"),
            (
                (
                    source.name,
                    source.licence,
                    source.consent or "not stated",
                    f"{source.rows:,}",
                    f"{source.landings:,}",
                    source.url or "",
                )
                for source in manifest.sources
            ),
        ),
        Section(
            "What became of the rows",
            ("table", *(name.replace("_", " ") for name in counts)),
            tuple((flow.table, *(f"{getattr(flow, name):,}" for name in counts)) for flow in manifest.flow),
            none="Not recorded.",
            parts=parts,
            numbers=tuple(name.replace("_", " ") for name in counts),
        ),
        _section("Rules that rows broke", ("table", "rule", "rows"), broken, none="No row broke any rule."),
        _section(
            "Where sources disagreed",
            ("column", "entities"),
            ((name, f"{count:,}") for name, count in manifest.conflicts.items()),
            none="Nowhere, or there is one source.",
        ),
        Section(
            "Quality",
            ("score", "value", "floor"),
            tuple(
                (n, f"{v:.4f}", f"{gate.floors[n]:.4f}" if n in gate.floors else "")
                for n, v in manifest.scores.items()
            ),
            shares="value",
            numbers=("value", "floor"),
        ),
        _section(
            "Gate",
            ("check", "passed", "seen"),
            ((check.name, "yes" if check.passed else "**no**", check.words) for check in gate.checks),
        ),
        _section(
            "Columns",
            ("column", "type", "nulls", "role"),
            (
                (column.name, column.dtype, "yes" if column.nullable else "no", roles.get(column.name, ""))
                for column in manifest.columns
            ),
        ),
        _section("Contracts", ("table", "contract version"), manifest.contract_versions.items()),
        _section("Known limits", (), [(note,) for note in manifest.notes], none="None were stated."),
    ]


def _labels(manifest: Manifest) -> Section:
    """Give the rows of each value of the label, over all and split by split, so that odd splits are seen."""
    splits, rows = list(manifest.splits), max(sum(manifest.splits.values()), 1)
    return Section(
        f"Label: {manifest.label}" if manifest.label else "Label",
        ("value", "rows", "share", *(f"in {name}" for name in splits)),
        tuple(
            (
                value,
                f"{sum(counts.values()):,}",
                f"{sum(counts.values()) / rows:.1%}",
                *_of_splits(counts, manifest),
            )
            for value, counts in manifest.labels.items()
        ),
        none="Not counted." if manifest.label else "There is none.",
        shares="share",
        numbers=("rows", "share", *(f"in {name}" for name in splits)),
    )


def _of_splits(counts: Mapping[str, int], manifest: Manifest) -> Iterator[str]:
    for name, rows in manifest.splits.items():
        yield f"{counts.get(name, 0):,} ({counts.get(name, 0) / max(rows, 1):.1%})"


def _section(
    title: str, head: tuple[str, ...], rows: Iterable[Sequence[str]], none: str = "None."
) -> Section:
    return Section(title, head, tuple(tuple(row) for row in rows), none)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *body])
