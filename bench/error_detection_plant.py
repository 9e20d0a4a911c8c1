"""Plants errors of the usual kinds into a clean table. Written apart from the rules, and knows nothing of them.

Every cell is text here, as in a CSV. `plant` gives the dirty table and which kind was planted where.
"""

from __future__ import annotations

import random
import re
import string
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

KINDS = (
    "typo",
    "swapped",
    "dependency",
    "format",
    "hidden_missing",
    "unit",
    "outlier",
    "duplicate",
    "noise",
)
NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
DAY = re.compile(r"^(\d{4})-?(\d{2})-?(\d{2})$")


@dataclass
class Sheet:
    """A table under way: columns of text, and the kind of each planted cell."""

    columns: dict[str, list[str | None]]
    chance: random.Random
    planted: dict[tuple[int, str], str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values())))

    def known(self, name: str) -> list[str]:
        return [cell for cell in self.columns[name] if cell is not None]

    def put(self, row: int, name: str, cell: str, kind: str) -> bool:
        """Change a cell that nothing was planted in; a change that changes nothing is none."""
        if (row, name) in self.planted or self.columns[name][row] in {None, cell}:
            return False
        self.columns[name][row] = cell
        self.planted[row, name] = kind
        return True


def plant(
    clean: pl.DataFrame, *, seed: int, share: float, kinds: tuple[str, ...] = KINDS
) -> tuple[pl.DataFrame, dict[tuple[int, str], str]]:
    """Plant each kind that the table has a place for into `share` of the rows."""
    sheet = Sheet(
        {name: clean[name].cast(pl.String).to_list() for name in clean.columns}, random.Random(seed)
    )
    places = _places(sheet)
    for kind in kinds:
        wanted = max(5, round(share * sheet.rows))
        for _ in range(20 * wanted):
            if wanted <= 0 or not places[kind]:
                break
            row, place = sheet.chance.randrange(sheet.rows), sheet.chance.choice(places[kind])
            wanted -= PLANTERS[kind](sheet, row, place)
    return pl.DataFrame(sheet.columns, schema=dict.fromkeys(sheet.columns, pl.String)), sheet.planted


def _places(sheet: Sheet) -> dict[str, list]:  # noqa: C901
    """Say which columns (or pairs) a kind can be planted in."""
    places: dict[str, list] = defaultdict(list)
    numbers, words, kinds = [], [], {}
    for name in sheet.columns:
        known = sheet.known(name)
        if len(known) < 20:
            continue
        distinct = set(known)
        if all(DAY.match(cell) for cell in known):
            kinds[name] = "day"
        elif all(NUMBER.match(cell) for cell in known):
            numbers.append(name)
            kinds[name] = "number"
        elif len(distinct) <= 0.3 * len(known):
            words.append(name)
            kinds[name] = "word"
        if len(distinct) == sheet.rows and len(known[0]) < 20:
            places["duplicate"].append(name)
            continue
        places["hidden_missing"].append(name)
        if kinds.get(name) in {"number", "day"}:
            places["format"].append(name)
        if kinds.get(name) == "number" and len(distinct) > 10:
            places["unit"].append(name)
            places["outlier"].append(name)
        if kinds.get(name) == "word":
            places["noise"].append(name)
            if sum(len(cell) >= 4 for cell in known) > 0.7 * len(known):
                places["typo"].append(name)
    wide = [name for name in numbers if len(set(sheet.known(name))) > 10 and name not in places["duplicate"]]
    places["swapped"] = [(a, b) for group in (wide, words) for a in group for b in group if a < b]
    places["dependency"] = [
        (a, b)
        for a in words
        for b in words
        if a != b and len(set(sheet.known(b))) > 2 and _gives(sheet, a, b)
    ]
    return places


def _gives(sheet: Sheet, a: str, b: str) -> bool:
    seen: dict[str | None, str | None] = {}
    for one, other in zip(sheet.columns[a], sheet.columns[b], strict=True):
        if seen.setdefault(one, other) != other:
            return False
    return len(seen) < 0.3 * sheet.rows


def _typo(sheet: Sheet, row: int, name: str) -> bool:
    cell = sheet.columns[name][row]
    places = [i for i, letter in enumerate(cell or "") if letter.isalpha()]
    if cell is None or len(places) < 4:
        return False
    at, letter = sheet.chance.choice(places), sheet.chance.choice(string.ascii_lowercase)
    match sheet.chance.randrange(4):
        case 0:
            wrong = cell[:at] + letter + cell[at + 1 :]
        case 1:
            wrong = cell[:at] + cell[at + 1 :]
        case 2:
            wrong = cell[:at] + letter + cell[at:]
        case _:
            wrong = cell[:at] + cell[at + 1 : at + 2] + cell[at] + cell[at + 2 :]
    return wrong not in sheet.known(name) and sheet.put(row, name, wrong, "typo")


def _swap(sheet: Sheet, row: int, pair: tuple[str, str]) -> bool:
    one, other = sheet.columns[pair[0]][row], sheet.columns[pair[1]][row]
    taken = any((row, name) in sheet.planted for name in pair)
    if one is None or other is None or one == other or taken:
        return False
    return sheet.put(row, pair[0], other, "swapped") & sheet.put(row, pair[1], one, "swapped")


def _break(sheet: Sheet, row: int, pair: tuple[str, str]) -> bool:
    return sheet.put(row, pair[1], sheet.chance.choice(sheet.known(pair[1])), "dependency")


def _reformat(sheet: Sheet, row: int, name: str) -> bool:
    cell = sheet.columns[name][row]
    if cell is None:
        return False
    if day := DAY.match(cell):
        year, month, date = day.groups()
        wrong = sheet.chance.choice(
            [f"{date}/{month}/{year}", f"{month}-{date}-{year[2:]}", f"{year}.{month}"]
        )
    else:
        comma = cell.replace(".", ",") if "." in cell else f"{cell},0"
        wrong = sheet.chance.choice([f"{cell} units", comma, f"~{cell}", f"{cell}%", f"<{cell}"])
    return sheet.put(row, name, wrong, "format")


def _hide(sheet: Sheet, row: int, name: str) -> bool:
    number = NUMBER.match(sheet.columns[name][row] or "")
    known = set(sheet.known(name))
    codes = ["-1", "999", "9999", "N/A", "?", "0"] if number else ["N/A", "?", "-", "null", "NaN"]
    wrong = sheet.chance.choice(codes)
    return wrong not in known - {wrong} and sheet.put(row, name, wrong, "hidden_missing")


def _rescale(sheet: Sheet, row: int, name: str) -> bool:
    cell = sheet.columns[name][row]
    if cell is None or not NUMBER.match(cell) or float(cell) == 0:
        return False
    wrong = float(cell) * sheet.chance.choice([10, 1000, 0.1, 0.001])
    return sheet.put(row, name, f"{wrong:.6g}" if "." in cell or wrong % 1 else f"{wrong:.0f}", "unit")


def _throw_out(sheet: Sheet, row: int, name: str) -> bool:
    cells = [float(cell) for cell in sheet.known(name) if NUMBER.match(cell)]
    cells.sort()
    low, high = cells[len(cells) // 20], cells[-len(cells) // 20]
    wrong = high + (high - low) * sheet.chance.uniform(3, 20)
    whole = "." not in (sheet.columns[name][row] or "")
    return sheet.put(row, name, f"{wrong:.0f}" if whole else f"{wrong:.2f}", "outlier")


def _repeat(sheet: Sheet, row: int, name: str) -> bool:
    return sheet.put(row, name, sheet.chance.choice(sheet.known(name)), "duplicate")


def _make_noise(sheet: Sheet, row: int, name: str) -> bool:
    cell = sheet.columns[name][row]
    if cell is None:
        return False
    wrong = sheet.chance.choice(
        [f" {cell}", f"{cell} ", cell.upper(), cell.title(), cell.replace(" ", "  ", 1)]
    )
    return sheet.put(row, name, wrong, "noise")


PLANTERS: dict[str, Callable[[Sheet, int, object], bool]] = {
    "typo": _typo,
    "swapped": _swap,
    "dependency": _break,
    "format": _reformat,
    "hidden_missing": _hide,
    "unit": _rescale,
    "outlier": _throw_out,
    "duplicate": _repeat,
    "noise": _make_noise,
}
