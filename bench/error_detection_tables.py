"""Error detection on tables that are not of the repository: a folder of CSVs, spoiled here or dirty already.

`NAME.csv` is clean and gets spoiled; `NAME.dirty.csv` and `NAME.clean.csv` are held against one another.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
from error_detection_cells import differing, found_in, scores
from error_detection_spoil import spoil

from dq.profile.read_file import read_file

MOST = 40
"""Errors of a kind in a table, so that no large table speaks for all."""


def run(folder: Path, *, seed: int, share: float, rows: int, only: list[str], verbose: bool) -> None:
    """Print the scores by table and by kind, and as the last line one JSON object of the totals."""
    total: dict[str, Counter[str]] = defaultdict(Counter)
    for name, clean, pair in tables(folder, rows):
        if only and name not in only:
            continue
        dirty, kinds = (pair, {}) if pair is not None else spoil(clean, seed=seed, share=share, most=MOST)
        one(name, dirty, clean, kinds, total, verbose=verbose)
    print()
    for key in sorted(key for key in total if key != "all"):
        n = total[key]
        if key.startswith("kind "):
            print(f"{key:24} recall    {n['right'] / n['wrong']:5.3f}  ({n['right']:,} of {n['wrong']:,})")
        else:
            print(f"{key:24} precision {n['right'] / n['found']:5.3f}  ({n['right']:,} of {n['found']:,})")
    n = total["all"]
    print(f"{'all':24} {scores(n['found'], n['right'], n['wrong'])}")
    fresh = n["found"] - n["own"]
    print(f"{'without own suspects':24} {scores(fresh, n['right'], n['wrong'])}")
    print(
        f"right cells suspected: {(n['found'] - n['right']) / (n['cells'] - n['wrong']):.3%} of {n['cells']:,}"
    )
    print(json.dumps({"bench": "error detection", "tables": str(folder), "seed": seed, "all": dict(n)}))


def tables(folder: Path, rows: int) -> list[tuple[str, pl.DataFrame, pl.DataFrame | None]]:
    """Give by table its name, the clean table and, where there is one, the dirty."""
    found: list[tuple[str, pl.DataFrame, pl.DataFrame | None]] = []
    for path in sorted(folder.glob("*.csv")):
        name = path.name.removesuffix(".csv")
        if name.endswith(".dirty"):
            dirty, clean = read_file(path).frame, read_file(path.with_name(f"{name[:-6]}.clean.csv")).frame
            if dirty.shape != clean.shape:
                raise SystemExit(f"{path}: the tables differ in form: {dirty.shape} and {clean.shape}")
            found.append((name, clean.rename(dict(zip(clean.columns, dirty.columns, strict=True))), dirty))
        elif not name.endswith(".clean"):
            found.append((name, read_file(path).frame.head(rows), None))
    if not found:
        raise SystemExit(f"{folder} holds no CSV")
    return found


def one(
    name: str,
    dirty: pl.DataFrame,
    clean: pl.DataFrame,
    kinds: dict[tuple[int, str], str],
    total: dict[str, Counter[str]],
    *,
    verbose: bool,
) -> None:
    """Print one table's scores and add them to the totals; without `kinds` the dirty table is as it was found."""
    wrong, found = differing(dirty, clean), found_in(dirty)
    own = set(found_in(clean)) if kinds else set()
    right, already = set(found) & wrong, own & set(found) - wrong
    cells = dirty.width * dirty.height
    share = (len(found) - len(right)) / max(1, cells - len(wrong))
    print(
        f"{name[:36]:36} {scores(len(found), len(right), len(wrong))}  {share:.2%} of right cells", flush=True
    )
    total["all"].update(found=len(found), right=len(right), wrong=len(wrong), own=len(already), cells=cells)
    for cell in wrong:
        total[f"kind {kinds.get(cell, 'as found')}"].update(wrong=1, right=cell in found)
    for cell, kind in found.items():
        total[f"said {kind}"].update(found=1, right=cell in wrong)
    if verbose:
        for row, column in sorted(wrong - right):
            print(
                f"  missed {kinds.get((row, column), '')} {column}: {dirty[column][row]!r}, is {clean[column][row]!r}"
            )
        for (row, column), kind in sorted(found.items()):
            if (row, column) not in wrong:
                again = ", also when clean" if (row, column) in own else ""
                print(f"  false {kind} {column}: {dirty[column][row]!r}{again}")
