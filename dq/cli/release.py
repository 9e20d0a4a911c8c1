"""`dq release` and `dq releases`: which versions there are, whether each passed its gate, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from dq.console import Console
from dq.errors import IntegrityError
from dq.release import Release, open_release
from dq.release.release import read_release, release_folders

HASH = 16


def print_releases(root: Path, console: Console, spec: str | None = None, *, as_json: bool = False) -> None:
    """Print one line per release; a release that is named by its version, with all that its manifest says.

    Raises:
        ConfigError: where the version that is named is not there.
        IntegrityError: where a manifest cannot be read; the releases that can are printed first.

    """
    one = spec is not None and "@" in spec
    broken: list[IntegrityError] = []
    if one:
        found = [open_release(str(spec), root)]
    else:
        found, broken = _releases(root, [spec] if spec is not None else _datasets(root))
    if as_json:
        console.print_data([_facts(release) for release in found])
    elif one:
        print_release(found[0], console)
    elif found:
        console.print(_listing(found))
    elif not broken:
        console.print(
            f"There is no release{f' of {spec}' if spec else ''} yet. Run: dq release DATASET", markup=False
        )
    if broken:
        raise broken[0]


def _datasets(root: Path) -> list[str]:
    folders = [path.name for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    return sorted(name for name in folders if release_folders(root, name))


def _releases(root: Path, datasets: Sequence[str]) -> tuple[list[Release], list[IntegrityError]]:
    found: list[Release] = []
    broken: list[IntegrityError] = []
    for name in datasets:
        for folder in release_folders(root, name).values():
            try:
                found.append(read_release(folder))
            except IntegrityError as error:
                broken.append(error)
    return found, broken


def print_release(release: Release, console: Console, *, as_json: bool = False, note: str = "") -> None:
    """Print what a release is made of, how its gate judged, and where it lies."""
    if as_json:
        console.print_data(_facts(release))
        return
    manifest = release.manifest
    console.print(
        Text.assemble(
            (f"{release.dataset}@v{release.version}", "bold"),
            "  ",
            _gate(release),
            f"  {note}" if note else "",
        ),
        highlight=False,
    )
    facts = Table(show_header=False, show_edge=False, box=None, pad_edge=False)
    facts.add_column(style="cyan", no_wrap=True)
    facts.add_column(overflow="fold")
    splits = " · ".join(f"{name} {rows:,}" for name, rows in manifest.splits.items())
    facts.add_row("  rows", f"{sum(manifest.splits.values()):,}   {splits}")
    facts.add_row(
        "  learn",
        f"{manifest.label or 'no label'} from {len(manifest.features):,} features, key {manifest.key}",
    )
    facts.add_row("  content", manifest.content_hash)
    facts.add_row("  made", f"{manifest.created_at} by code {manifest.code_version}")
    for source in manifest.sources:
        facts.add_row("  source", f"{source.name}, {source.rows:,} rows, {source.licence}")
    facts.add_row("  card", str(release.path / "card.md"))
    console.print(facts)
    checks = Table("gate", "", "seen", show_edge=False, pad_edge=False)
    for name, floor in manifest.gate.floors.items():
        score = manifest.scores.get(name)
        seen = "not measured" if score is None else f"{score:.4f}, floor {floor:.4f}"
        checks.add_row(name, _mark(passed=score is not None and score >= floor), seen)
    for check in manifest.gate.checks:
        checks.add_row(check.name, _mark(passed=check.passed), Text(check.words))
    console.print(checks)


def _listing(found: Sequence[Release]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for name in ("release", "gate", "rows", "splits", "made", "content hash"):
        table.add_column(name, justify="right" if name == "rows" else "left", no_wrap=name != "gate")
    before = None
    for release in found:
        if before not in {None, release.dataset}:
            table.add_section()
        before = release.dataset
        splits = release.manifest.splits
        table.add_row(
            f"{release.dataset}@v{release.version}",
            _gate(release),
            f"{sum(splits.values()):,}",
            " ".join(f"{name} {rows:,}" for name, rows in splits.items()),
            release.manifest.created_at[:19].replace("T", " "),
            release.content_hash[:HASH],
        )
    return table


def _facts(release: Release) -> dict[str, Any]:
    manifest = release.manifest
    return {
        "release": f"{release.dataset}@v{release.version}",
        "dataset": release.dataset,
        "version": release.version,
        "passed": release.passed,
        "reasons": list(manifest.gate.reasons),
        "rows": sum(manifest.splits.values()),
        "splits": dict(manifest.splits),
        "scores": dict(manifest.scores),
        "licences": sorted({source.licence for source in manifest.sources}),
        "created_at": manifest.created_at,
        "content_hash": release.content_hash,
        "path": str(release.path),
    }


def _gate(release: Release) -> Text:
    if release.passed:
        return Text("passed", style="green")
    return Text("failed: " + "; ".join(release.manifest.gate.reasons), style="red")


def _mark(*, passed: bool) -> Text:
    return Text("yes", style="green") if passed else Text("no", style="red")
