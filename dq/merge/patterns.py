"""Which pattern two columns that disagree show, if any: one function a kind, frames in, a `Pattern` out.

Each looks at `x` and `y`, what two sources say of the same entities (both not null), and says nothing unless it
explains much of what differs, and much more of it than chance does. None knows the name of a column or a source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dq.merge.compared import Compared
from dq.merge.pattern import Pattern
from dq.merge.pattern_offset import offset
from dq.merge.pattern_places import in_order, shifted
from dq.merge.pattern_scaled import scaled
from dq.merge.pattern_words import inverted, recoded

Look = Callable[[Compared], Pattern | None]
LOOKS: Sequence[Look] = (inverted, offset, scaled, recoded, shifted, in_order)
"""The most specific first."""
PLAINER = 0.1
"""By how much more a pattern must explain to be preferred to one that is more specific."""
PLENTY = 0.95


def find_pattern(seen: Compared) -> Pattern | None:
    """Give the pattern that fits all rows, or else a batch of them: the most specific of those that explain as much;
    null where the disagreement looks accidental.
    """
    best = _best(seen, None)
    for part in seen.batches():
        if best is not None and best.explained >= PLENTY:
            break
        found = _best(part, best)
        if found is not best and found is not None:
            evidence = f"{part.where}: {found.evidence}"
            best = replace(found, evidence=evidence, suspect=None, partly=True, to_y=None, to_x=None)
    return best


def _best(seen: Compared, best: Pattern | None) -> Pattern | None:
    for look in LOOKS:
        if best is not None and best.explained >= PLENTY:
            break
        found = look(seen)
        if found is not None and (best is None or found.explained > best.explained + PLAINER):
            best = found
    return best
