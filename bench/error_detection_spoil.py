"""Spoils a clean table in the ways of another hand than `error_detection_plant`: read by neither it nor the rules.

Slips of the keyboard and of a scanner, rows shifted by one column, other units (°F as °C, inches as cm, logarithms),
days written another way, cut text, digits in another order, words and numbers for nothing.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import polars as pl

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SCANNED = {
    "l": "1",
    "o": "0",
    "i": "l",
    "e": "c",
    "m": "rn",
    "s": "5",
    "b": "6",
    "O": "0",
    "I": "l",
    "S": "5",
}
NOTHING_WORDS = ("unknown", "-", "N.A.", "none", "xxx", "n/a", "NULL", "tbd", "??", "not available")
NOTHING_NUMBERS = ("-1", "99", "9999", "-999", "-", "unknown", "99999", "0", "n/a", "-9")
UNITS: tuple[Callable[[float], float], ...] = (
    lambda x: x * 1000,
    lambda x: x / 1000,
    lambda x: (x - 32) / 1.8,
    lambda x: x * 1.8 + 32,
    lambda x: x * 2.54,
    lambda x: x * 0.4536,
    lambda x: x / 100,
    lambda x: x * 60,
    lambda x: math.log10(x) if x > 0 else x,
)
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%b %d %Y", "%Y-%m-%d %H:%M:%S")
OTHER_DAYS = ("%d %b %Y", "%m-%d-%y", "%B %d, %Y", "%d.%m.%y", "%Y%m%d", "%Y-%m")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

Rows = list[list[str | None]]


class Table:
    """A table under way: `rows` of text, and which kind of error each spoiled cell has."""

    def __init__(self, clean: pl.DataFrame, seed: int) -> None:
        self.names = clean.columns
        self.rows: Rows = [list(row) for row in clean.cast(pl.String).rows()]
        self.kinds: dict[tuple[int, str], str] = {}
        self.gives: dict[tuple[int, int], bool] = {}
        self.chance = random.Random(seed)
        cells = [[row[at] for row in self.rows if row[at] not in {None, ""}] for at in range(len(self.names))]
        self.counted = [Counter(str(cell) for cell in column) for column in cells]
        self.numeric = [_share(c, NUMBER.fullmatch) > 0.95 for c in self.counted]
        self.days = [
            next((form for form in DAYS if _share(c, _day(form)) > 0.95), None) for c in self.counted
        ]
        self.worded = [
            not number and day is None and _share(c, re.compile(r".*[^\W\d_]{3}.*").fullmatch) > 0.7
            for number, day, c in zip(self.numeric, self.days, self.counted, strict=True)
        ]

    def columns(self, fit: Sequence[object]) -> list[int]:
        return [at for at, one in enumerate(fit) if one and len(self.counted[at]) > 1]

    def put(self, row: int, changes: dict[int, str | None], kind: str) -> bool:
        """Change cells of a row that is still whole; changes that change nothing are none."""
        if any((row, self.names[at]) in self.kinds for at in changes):
            return False
        changed = {at: new for at, new in changes.items() if (new or "") != (self.rows[row][at] or "")}
        for at, new in changed.items():
            self.rows[row][at] = new
            self.kinds[row, self.names[at]] = kind
        return bool(changed)


def spoil(
    clean: pl.DataFrame, *, seed: int, share: float, most: int
) -> tuple[pl.DataFrame, dict[tuple[int, str], str]]:
    """Give the table with each kind in `share` of the rows (3 to `most`), and which kind was done to which cell."""
    table = Table(clean, seed)
    for kind, way in WAYS.items():
        wanted = min(most, max(3, round(share * len(table.rows))))
        for _ in range(30 * wanted):
            if wanted <= 0:
                break
            row = table.chance.randrange(len(table.rows))
            changes = way(table, row)
            wanted -= bool(changes) and table.put(row, changes, kind)
    dirty = pl.DataFrame(table.rows, schema=dict.fromkeys(table.names, pl.String), orient="row")
    return dirty, table.kinds


def _share(counted: Counter[str], test: Callable[[str], object]) -> float:
    total = sum(counted.values())
    return sum(n for cell, n in counted.items() if test(cell)) / total if total >= 20 else 0.0


def _day(form: str) -> Callable[[str], bool]:
    def reads(cell: str) -> bool:
        try:
            return 1800 < datetime.strptime(cell, form).year < 2200  # noqa: DTZ007 - days have no zone
        except ValueError:
            return False

    return reads


def _chosen(table: Table, row: int, fit: Sequence[object]) -> tuple[int, str] | None:
    places = [at for at in table.columns(fit) if table.rows[row][at]]
    if not places:
        return None
    at = table.chance.choice(places)
    return at, str(table.rows[row][at])


def _misspelt(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(table, row, table.worded)
    letters = [i for i, sign in enumerate(chosen[1]) if sign.isalpha()] if chosen else []
    if chosen is None or len(letters) < 4:
        return {}
    at, cell = chosen
    i = table.chance.choice(letters)
    sign = cell[i]
    line = next((line for line in KEYBOARD if sign.lower() in line), sign.lower())
    beside = line[max(0, line.index(sign.lower()) - 1) : line.index(sign.lower()) + 2].replace(
        sign.lower(), ""
    )
    new = table.chance.choice([beside[:1] or "x", sign + sign, "", SCANNED.get(sign, beside[-1:] or "x")])
    wrong = cell[:i] + new + cell[i + 1 :]
    return {} if wrong in table.counted[at] else {at: wrong}


def _swapped(table: Table, row: int) -> dict[int, str | None]:
    fit = table.chance.choice([table.numeric, table.worded])
    many = [at for at in table.columns(fit) if len(table.counted[at]) > 2 and table.rows[row][at]]
    if len(many) < 2:
        return {}
    a, b = table.chance.sample(many, 2)
    same = len(table.counted[a].keys() & table.counted[b].keys()) > 0.5 * len(table.counted[a])
    return {} if same else {a: table.rows[row][b], b: table.rows[row][a]}


def _shifted(table: Table, row: int) -> dict[int, str | None]:
    if len(table.names) < 4:
        return {}
    start = table.chance.randrange(len(table.names) - 2)
    cells = table.rows[row]
    return {at: cells[at - 1] if at > start else None for at in range(start, len(cells))}


def _dependency(table: Table, row: int) -> dict[int, str | None]:
    given = [at for at in table.columns(table.counted) if 2 < len(table.counted[at]) < 0.3 * len(table.rows)]
    pairs = [(a, b) for a in given for b in given if a != b and _gives(table, a, b)]
    if not pairs:
        return {}
    _, b = table.chance.choice(pairs)
    return {b: table.chance.choice(sorted(table.counted[b]))} if table.rows[row][b] else {}


def _gives(table: Table, a: int, b: int) -> bool:
    if (a, b) not in table.gives:
        seen: dict[str | None, str | None] = {}
        clean = [
            row
            for row, cells in enumerate(table.rows)
            if not any((row, n) in table.kinds for n in table.names)
        ]
        same = sum(seen.setdefault(table.rows[r][a], table.rows[r][b]) == table.rows[r][b] for r in clean)
        table.gives[a, b] = same == len(clean) and len(set(seen.values())) > 2
    return table.gives[a, b]


def _unit(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(
        table, row, [n and len(c) > 12 for n, c in zip(table.numeric, table.counted, strict=True)]
    )
    if chosen is None or not NUMBER.fullmatch(chosen[1]) or float(chosen[1]) == 0:
        return {}
    wrong = table.chance.choice(UNITS)(float(chosen[1]))
    return {chosen[0]: f"{wrong:.5g}" if "." in chosen[1] or wrong < 1000 else f"{wrong:.0f}"}


def _day_format(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(table, row, table.days)
    if chosen is None or not _day(str(table.days[chosen[0]]))(chosen[1]):
        return {}
    day = datetime.strptime(chosen[1], str(table.days[chosen[0]]))  # noqa: DTZ007
    return {chosen[0]: day.strftime(table.chance.choice(OTHER_DAYS))}


def _number_format(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(table, row, table.numeric)
    if chosen is None:
        return {}
    cell = chosen[1]
    ways = [f"${cell}", f"{cell} kg", f"{cell}?", f"ca. {cell}", cell.replace("0", "O"), f"({cell})"]
    ways += [cell.replace(".", ",")] if "." in cell else [f"{cell},00"]
    return {chosen[0]: table.chance.choice(ways)}


def _nothing(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(table, row, table.counted)
    if chosen is None:
        return {}
    wrong = table.chance.choice(NOTHING_NUMBERS if table.numeric[chosen[0]] else NOTHING_WORDS)
    return {} if wrong in table.counted[chosen[0]] else {chosen[0]: wrong}


def _case_or_blank(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(table, row, table.worded)
    if chosen is None:
        return {}
    cell = chosen[1]
    wrong = table.chance.choice(
        [cell.upper(), cell.lower(), cell.swapcase(), f"{cell}\u00a0", f"\t{cell}", f"{cell}  ."]
    )
    return {} if wrong in table.counted[chosen[0]] else {chosen[0]: wrong}


def _cut(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(table, row, table.worded)
    if chosen is None or len(chosen[1]) < 6:
        return {}
    wrong = chosen[1][: max(3, int(len(chosen[1]) * table.chance.uniform(0.4, 0.85)))]
    return {} if wrong in table.counted[chosen[0]] else {chosen[0]: wrong}


def _digits(table: Table, row: int) -> dict[int, str | None]:
    chosen = _chosen(table, row, table.numeric)
    if chosen is None or sum(sign.isdigit() for sign in chosen[1]) < 2:
        return {}
    cell = chosen[1]
    i = table.chance.choice([i for i, sign in enumerate(cell) if sign.isdigit()])
    bare = cell.replace(".", "")
    ways = [cell[:i] + cell[i] + cell[i:], bare if "." in cell else f"{cell[:-1]}.{cell[-1]}"]
    ways += [cell[: i - 1] + cell[i] + cell[i - 1] + cell[i + 1 :]] if i and cell[i - 1].isdigit() else []
    return {chosen[0]: table.chance.choice(ways)}


WAYS: dict[str, Callable[[Table, int], dict[int, str | None]]] = {
    "shifted row": _shifted,
    "misspelt": _misspelt,
    "swapped": _swapped,
    "dependency": _dependency,
    "unit": _unit,
    "day format": _day_format,
    "number format": _number_format,
    "nothing": _nothing,
    "case or blank": _case_or_blank,
    "cut": _cut,
    "digits": _digits,
}
