"""Records that a quoted cell spreads over several lines: which lines belong together, found in linear time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.grammar import Grammar


class OpenRecord:
    """A record that is read line by line, from one whose last cell is quoted and not closed.

    Only lines with a quote need to be given: all others are inside the cell.

    >>> record = OpenRecord(Grammar(",", '"'), 'a,"b', width=2)
    >>> record.closed_by('still "" inside'), record.closed_by('end"')
    (None, True)
    """

    def __init__(self, grammar: Grammar, first: str, width: int) -> None:
        self._grammar, self._width, self._cells = grammar, width, 0
        self.is_open = self._goes_on(first)

    def closed_by(self, line: str) -> bool | None:
        """Say whether this line ends a record of the right width; false where there is none, null where it goes on."""
        rest = f"{self._grammar.quote}{line}"  # inside a quoted cell is as after an opening quote
        if self._grammar.is_whole(rest):
            return self._cells + len(self._grammar.split(rest)) == self._width
        return None if self._goes_on(rest) else False

    def _goes_on(self, text: str) -> bool:
        if not self._grammar.is_open(text):
            return False
        self._cells += len(self._grammar.split(f"{text}{self._grammar.quote}")) - 1
        return True


@dataclass(frozen=True)
class Found:
    """`spans`: of each record over several lines, its first line and its last.

    `undecided` is the first line whose record may go on after the last line that is there; null where none does.
    """

    spans: dict[int, int]
    undecided: int | None = None

    @property
    def inner(self) -> list[int]:
        """The lines of these records but their first."""
        return [line for first, last in self.spans.items() for line in range(first + 1, last + 1)]


def search(
    opened: Sequence[int],
    marked: Sequence[int],
    text: Callable[[int], str],
    bad: Callable[[int], bool],
    begin: Callable[[str], OpenRecord],
    *,
    ended: bool,
) -> Found:
    """Look from each of the lines `opened` for its closing quote.

    `marked` are all lines that hold a quote, or that are `bad` and so end the search; both ascend, from 0. `ended`
    says that no lines follow.
    """
    spans: dict[int, int] = {}
    last = -1
    for first in opened:
        if first <= last:
            continue
        record = begin(text(first))
        verdict: bool | None = None if record.is_open else False
        at = bisect_right(marked, first)
        while verdict is None and at < len(marked):
            verdict = False if bad(marked[at]) else record.closed_by(text(marked[at]))
            at += 1
        if verdict:
            last = spans[first] = marked[at - 1]
        elif verdict is None and not ended:
            return Found(spans, first)
    return Found(spans)
