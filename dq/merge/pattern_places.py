"""Values that stand at another place than their entity's: shifted by some rows, or sorted apart from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
import polars as pl

from dq.merge.chance import beyond_chance, lift
from dq.merge.compared import Array, Compared, close
from dq.merge.pattern import Pattern, Side, fits

FAR = 10
"""How many rows away a value is looked for."""
FITS = 0.4
"""The least lift of values that fit when moved."""
GAIN = 0.3
"""By how much more must agree when moved than as they stand."""
SOME = 20_000
"""On how many rows, evenly spaced, an order is looked for."""
WINDOW = 0.1
"""How far from its place in the order a value may stand, of all rows."""
IN_ORDER = 0.6
"""The least lift of values that stand in their place."""
UNORDERED = 0.35
"""How far the other side's values may follow the same order."""
SURE = 0.85
"""The least lift at which the order names the wrong side by itself."""
MOVED = 0.02
"""How far the values of two sources may be apart, without errors, and still be called the same."""
ALIKE = 0.12
"""How far two distributions may be apart and still be called the same."""
CATEGORIES = 100
REPEATED = 5


def shifted(seen: Compared) -> Pattern | None:
    """Find values that stand k rows away from their entity: in the whole, or within each page that was fetched."""
    x, y, near = _comparable(seen.rows["x"]), _comparable(seen.rows["y"]), seen.near
    as_they_are = _same(x, y, near)
    best: tuple[float, int, int, int, str] | None = None
    shares = []
    ways: list[tuple[str, str | None]] = [("at_x", None), ("at_y", None), ("at_entity", None)]
    ways += [(f"at_{s}", f"page_{s}") for s in "xy" if seen.rows[f"page_{s}"].max()]
    for order, page in ways:
        places = seen.places(order)
        pages = seen.rows[page].to_numpy()[places] if page else None
        own, other = x[places], y[places]
        for by in (k for n in range(1, min(FAR + 1, seen.height)) for k in (n, -n)):
            ahead, behind = (own[by:], other[:-by]) if by > 0 else (own[:by], other[-by:])
            hit = _same(ahead, behind, near)
            if pages is not None:
                hit = hit[pages[abs(by) :] == pages[: -abs(by)]]
            if 2 * len(hit) >= seen.height:
                share = float(hit.mean())
                shares.append(share)
                if best is None or share > best[0]:
                    where = f", within each of {pages.max() + 1} pages" if pages is not None else ""
                    best = share, int(hit.sum()), len(hit), by, where
    if best is None:
        return None
    share, hits, of, by, where = best
    chance = float(np.median(shares))
    now = float(as_they_are.mean())
    if lift(hits, of, chance) < FITS or share - now < GAIN * (1 - chance):
        return None
    if not beyond_chance(hits, of, max(chance, now), seen.log_tries + log(len(shares))):
        return None
    return Pattern(
        "shifted",
        f"values stand {by:+d} rows away from their entity{where}: "
        f"{fits(hits, of, 'agree when moved')}, and {as_they_are.sum():,} of {seen.height:,} as they are",
        share,
    )


def _comparable(values: pl.Series) -> Array:
    """Give values as numbers of which equal ones are equal."""
    return values.to_numpy() if values.dtype.is_float() else values.hash().to_numpy()


def _same(x: Array, y: Array, near: float) -> Array:
    return close(x, y, near) if near else np.asarray(x == y)


@dataclass(frozen=True)
class _Order:
    """One side's values in some order: how many stand in their place, how much more than by chance, in words, and how
    far the other side's follow.
    """

    share: float
    beyond: float
    words: str
    follows: float


def in_order(seen: Compared) -> Pattern | None:
    """Find a column that was sorted apart from its rows: values spread as the other's, but standing in order, which
    those of the other side in the same rows do not.
    """
    rows = seen.rows[:: max(1, seen.height // SOME)] if seen.height > 2 * SOME else seen.rows
    pooled = pl.concat([rows["x"], rows["y"]]).rank("dense").to_numpy().astype(np.int64) - 1
    codes = {"x": pooled[: rows.height], "y": pooled[rows.height :]}
    if _apart(codes["x"], codes["y"]) > ALIKE:
        return None
    found: dict[Side, _Order] = {}
    sides: tuple[tuple[Side, Side], ...] = (("x", "y"), ("y", "x"))
    for side, other in sides:
        for order, where in ((f"at_{side}", "by its own rows"), ("at_entity", "by entity")):
            places = rows[order].arg_sort().to_numpy()
            one = _in_order(codes[side][places], codes[other][places], where, seen)
            if one is not None and (side not in found or one.beyond > found[side].beyond):
                found[side] = one
    # Where both stand in an order of their own, nothing says which of them was sorted apart from its rows.
    if len(found) != 1:
        return None
    ((sorted_side, one),) = found.items()
    # A list may stand in order because it is one, beside other values of the same sort: only where, but for the errors
    # that the order gives away, both hold the very same values does that name the wrong side.
    same = one.beyond >= SURE and seen.moved <= MOVED + 2 * (1 - one.beyond)
    return Pattern(
        "sorted",
        f"differs in {seen.unequal:,} of {seen.height:,} entities though both hold the same values as "
        f"often ({seen.moved:.1%} apart), and {one.share:.0%} of its values stand in order {one.words}; the other's do "
        f"not (correlation {one.follows:.2f})",
        one.share,
        suspect=sorted_side if same else None,
    )


def _in_order(own: Array, other: Array, where: str, seen: Compared) -> _Order | None:
    """Give the order that fits best; null where too few values stand in it, or the other side's follow it too."""
    ranks = {"rising": (own, other), "falling": (own.max() - own, own.max() - other)}
    tries = dict.fromkeys(ranks, log(12))
    kinds = _frequent(own) if not seen.near else None
    if kinds is not None:
        words = f"{1 + np.count_nonzero(np.diff(own)):,} runs of {len(kinds):,} values"
        ranks[words], tries[words] = _by_place(own, other, kinds), log(12) + len(kinds) * log(len(kinds))
    best: _Order | None = None
    for words, (mine, theirs) in ranks.items():
        kept = mine[mine >= 0]
        share, chance = _in_place(kept)
        beyond = lift(share, 1, chance)
        if best is not None and beyond <= best.beyond + 0.01:
            continue
        if beyond_chance(share * len(kept), len(kept), chance, seen.log_tries + tries[words]):
            best = _Order(share, beyond, f"{where}, {words}", _follows(theirs) / (_follows(mine) or 1.0))
    return best if best and best.beyond >= IN_ORDER and abs(best.follows) <= UNORDERED else None


def _in_place(ranks: Array) -> tuple[float, float]:
    """Give the share of values that stand about where sorting would put them, and what chance gives."""
    n = len(ranks)
    below = np.concatenate([[0], np.cumsum(np.bincount(ranks))]) / n
    low, high = np.maximum(0, below[:-1] - WINDOW)[ranks], np.minimum(1, below[1:] + WINDOW)[ranks]
    at = (np.arange(n) + 0.5) / n
    return float(((low <= at) & (at <= high)).mean()), float((high - low).mean())


def _frequent(own: Array) -> Array | None:
    """Give the values that stand in several rows, where there are few and they are nearly all; else null."""
    counts = np.bincount(own)
    kinds = np.flatnonzero(counts >= REPEATED)
    few = 2 <= len(kinds) <= min(CATEGORIES, len(own) // (2 * REPEATED))
    return kinds if few and counts[kinds].sum() >= 0.7 * len(own) else None


def _by_place(own: Array, other: Array, kinds: Array) -> tuple[Array, Array]:
    """Give the frequent values numbers by where they mostly stand; the others get -1."""
    middles = [np.median(np.flatnonzero(own == kind)) for kind in kinds]
    number = np.full(max(own.max(), other.max()) + 1, -1)
    number[kinds[np.argsort(middles, kind="stable")]] = np.arange(len(kinds))
    return number[own], number[other]


def _follows(ranks: Array) -> float:
    """Give the correlation of values with their place, leaving out those that have no rank."""
    at = np.flatnonzero(ranks >= 0)
    known = ranks[at]
    # Where hardly any is known, nothing says that they do not follow.
    return float(np.corrcoef(known, at)[0, 1]) if 2 * len(at) > len(ranks) and np.ptp(known) else 1.0


def _apart(x: Array, y: Array) -> float:
    """Give the greatest distance of the two distributions (Kolmogorov's and Smirnov's)."""
    most = max(x.max(), y.max()) + 1
    below = [np.cumsum(np.bincount(side, minlength=most)) / len(side) for side in (x, y)]
    return float(np.abs(below[0] - below[1]).max())
