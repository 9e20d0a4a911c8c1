"""Two profiles of one column: are these values of one distribution?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dq.drift.chance import IMPROBABLE, chance_of_fewer, chance_of_more, psi_by_chance
from dq.drift.finding import Finding, Severity
from dq.drift.profile import POINTS, ColumnProfile

PSI_WARN = 0.1
PSI_ERROR = 0.25
"""The index's usual thresholds: below 0.1 no change to speak of, above 0.25 another population."""
BINS = 10
LEAST_EXPECTED = 10
"""A bin of fewer expected rows goes with its neighbour, or with the other rare values."""
OUTSIDE = 0.1
"""From this share of values outside the range seen before, the range counts as changed."""
COMPARED = ("category", "number", "prose")

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Counts:
    """How often each of the same bins was met before and is met now."""

    labels: tuple[str, ...]
    before: Floats
    now: Floats


def distribution_findings(before: ColumnProfile, now: ColumnProfile) -> Iterator[Finding]:
    """Say where the values of a column have shifted, come into being, or vanished.

    The earlier profile says how: as categories (its few values, all known), as numbers in bins of its own quantiles,
    as prose by length. Keys, times, growing numbers and text of many values have nothing to compare.
    """
    if before.kind not in COMPARED or not before.sampled or not now.sampled or _retyped(before, now):
        return
    if before.kind == "category":
        yield from _values(before, now)
        shift = _shift(before, now, _value_counts(before, now))
    elif now.quantiles and before.quantiles and now.kind not in {"growing", "key"}:
        shift = _shift(before, now, _bin_counts(before, now)) or _outside(before, now)
    else:
        return
    if shift is not None:
        yield shift


def psi(before: Sequence[float] | Floats, now: Sequence[float] | Floats) -> float:
    """Give the population stability index of two counts of the same bins, half a row added to each.

    >>> psi([50, 50], [50, 50]), round(psi([50, 50], [90, 10]), 2)
    (0.0, 0.85)
    """
    p, q = (np.asarray(counts, dtype=np.float64) + 0.5 for counts in (before, now))
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def unlikeness(before: ColumnProfile, now: ColumnProfile) -> float | None:
    """Give the index between two columns' values, or their lengths; null where they have none to compare."""
    if _retyped(before, now):
        return None
    if before.kind == "category":
        counts = _value_counts(before, now)
    elif before.quantiles and now.quantiles:
        counts = _bin_counts(before, now)
    else:
        return 0.0 if before.kind == now.kind == "time" else None
    return psi(counts.before, counts.now)


def _shift(before: ColumnProfile, now: ColumnProfile, counts: Counts) -> Finding | None:
    bins = len(counts.labels)
    if bins < 2:
        return None
    index, chance = psi(counts.before, counts.now), psi_by_chance(bins, before.sampled, now.sampled)
    if index <= max(PSI_WARN, chance):
        return None
    shares = [each / max(each.sum(), 1) for each in (counts.before, counts.now)]
    most = int(np.abs(shares[1] - shares[0]).argmax())
    what = "lengths" if before.kind == "prose" else "values"
    words = (
        f"the {what} are distributed differently: PSI {index:.2f} (chance alone stays below {chance:.2f}); "
        f"most of all {counts.labels[most]}, {shares[0][most]:.1%} before, {shares[1][most]:.1%} now"
    )
    severity: Severity = "error" if index > PSI_ERROR else "warn"
    return replace(_shifted(now, severity, "psi", index), words=words)


def _outside(before: ColumnProfile, now: ColumnProfile) -> Finding | None:
    """Catch what bins of few rows cannot show: values outside the range seen before, however they are distributed."""
    points = np.asarray(now.quantiles)
    low, high = before.quantiles[0], before.quantiles[-1]
    for words, share in (
        (f"above {high:,.6g}, the largest before", float((points > high).sum() - 1) / POINTS),
        (f"below {low:,.6g}, the least before", float((points < low).sum() - 1) / POINTS),
    ):
        rows = int(max(share, 0.0) * now.sampled)
        if share > OUTSIDE and chance_of_more(0, before.sampled, rows, now.sampled) < IMPROBABLE:
            what = "lengths" if before.kind == "prose" else "values"
            found = _shifted(now, "error", "share_outside", share)
            return replace(found, words=f"{share:.0%} of the {what} are {words}")
    return None


def _values(before: ColumnProfile, now: ColumnProfile) -> Iterator[Finding]:
    known, seen = _top(before), _top(now)
    for value, rows in seen.items():
        if value not in known and chance_of_more(0, before.sampled, rows, now.sampled) < IMPROBABLE:
            words = f"{value!r} is new: in none of {before.sampled:,} rows before, in {rows:,} of {now.sampled:,} now"
            yield _came_or_went(now, "new_value", value, (0.0, rows / now.sampled), words)
    unseen = _rarest(now)
    for value, rows in known.items():
        if value not in seen and chance_of_fewer(rows, before.sampled, unseen, now.sampled) < IMPROBABLE:
            words = f"{value!r} has vanished: in {rows:,} of {before.sampled:,} rows before, in " + (
                f"at most {unseen:,} of {now.sampled:,} now" if unseen else f"none of {now.sampled:,} now"
            )
            shares = rows / before.sampled, unseen / now.sampled
            yield _came_or_went(now, "vanished_value", value, shares, words)


def _value_counts(before: ColumnProfile, now: ColumnProfile) -> Counts:
    """Count the values that both profiles know well enough; the rest together is one more."""
    first, second = _top(before), _top(now)
    least = LEAST_EXPECTED / min(before.sampled, now.sampled)
    shares = {
        value: max(first.get(value, 0) / before.sampled, second.get(value, 0) / now.sampled)
        for value in {*first, *second}
    }
    often = sorted(value for value, share in shares.items() if share >= least)
    unseen, growth = _rarest(now), now.sampled / before.sampled
    counts: list[list[float]] = [
        [first.get(value, 0) for value in often],
        # A value that is not among those kept may be there as often as the rarest of them: assume what is quietest.
        [second.get(value, min(unseen, first.get(value, 0) * growth)) for value in often],
    ]
    rest = [one.sampled - sum(each) for one, each in zip((before, now), counts, strict=True)]
    labels = [repr(value) for value in often]
    if max(rest[0] / before.sampled, rest[1] / now.sampled) >= least:
        labels.append("all other values")
        counts = [[*each, other] for each, other in zip(counts, rest, strict=True)]
    return Counts(tuple(labels), np.asarray(counts[0], np.float64), np.asarray(counts[1], np.float64))


def _bin_counts(before: ColumnProfile, now: ColumnProfile) -> Counts:
    """Count both in bins between the earlier profile's quantiles, as many as the smaller sample can fill."""
    bins = int(min(BINS, max(2, min(before.sampled, now.sampled) // LEAST_EXPECTED)))
    at = [round(POINTS * number / bins) for number in range(1, bins)]
    edges = np.unique(np.asarray(before.quantiles)[at])
    edges = edges[edges < before.quantiles[-1]]
    labels = [f"up to {edge:,.6g}" for edge in edges] + [f"above {edges[-1]:,.6g}" if edges.size else "all"]
    labels[1:-1] = [f"from {low:,.6g} to {high:,.6g}" for low, high in pairwise(edges)]
    shares = [np.diff(np.concatenate([[0.0], _shares_up_to(one, edges), [1.0]])) for one in (before, now)]
    return Counts(tuple(labels), shares[0] * before.sampled, shares[1] * now.sampled)


def _shares_up_to(one: ColumnProfile, edges: Floats) -> Floats:
    """Give the share of values at or below each edge, read off the quantiles."""
    points = np.asarray(one.quantiles)
    last = np.searchsorted(points, edges, side="right") - 1
    here, following = points[last.clip(0, POINTS)], points[(last + 1).clip(0, POINTS)]
    gap = following - here
    part = np.divide(edges - here, gap, out=np.zeros_like(gap), where=(gap > 0) & np.isfinite(gap))
    return np.where(last < 0, 0.0, np.minimum(1.0, (last + part.clip(0, 1)) / POINTS))


def _retyped(before: ColumnProfile, now: ColumnProfile) -> bool:
    """Say whether the values are written otherwise: that is a change of schema, and nothing can be compared."""
    kinds = {one.dtype.lstrip("U").rstrip("0123456789") for one in (before, now)}
    return len(kinds) > 1


def _top(one: ColumnProfile) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value, rows in one.top:
        counts[value] = counts.get(value, 0) + rows
    return counts


def _rarest(one: ColumnProfile) -> int:
    """Bound how often a value can be there that is not among the ones kept."""
    return 0 if one.kind == "category" else one.top[-1][1] if one.top else 1


def _shifted(now: ColumnProfile, severity: Severity, measure: str, found: float) -> Finding:
    return Finding(
        now.table_name, now.column_name, "distribution", "shifted", severity, measure, 0.0, found, words=""
    )


def _came_or_went(
    now: ColumnProfile, change: str, value: str, shares: tuple[float, float], words: str
) -> Finding:
    table, name = now.table_name, now.column_name
    return Finding(table, name, "distribution", change, "warn", "share", *shares, words, value)
