"""Whether hits are more than chance gives, however many things were tried."""

from __future__ import annotations

from math import log, log1p

ALARM = 1e-4
"""How likely, at most, a merge without any pattern raises one by chance alone."""


def lift(hits: float, of: float, chance: float) -> float:
    """Give how much of what chance leaves open is hit: 1 where all are hits, 0 where no more than by chance.

    Where chance leaves nothing open, or nothing was looked at, that is 0.

    >>> lift(90, 100, 0.5), lift(50, 100, 0.5)
    (0.8, 0.0)

    """
    return (hits / of - chance) / (1 - chance) if of and chance < 1 else 0.0


def pairings(of: int) -> tuple[int, ...]:
    """Give by how many places to move one of two lists, to pair each with another's: what fits then fits by chance.

    >>> pairings(100), pairings(2)
    ((15, 33, 50), (1,))

    """
    return tuple(sorted({of // 2, of // 3, of // 7 + 1} - {0}))


def beyond_chance(hits: float, of: float, chance: float, log_tries: float) -> bool:
    """Say whether so many hits cannot be chance, `log_tries` being the logarithm of how many things were tried.

    By Chernoff's bound on the binomial tail, which holds at any size, and Bonferroni's on the number of tries.

    >>> beyond_chance(20, 20, 0.5, 0.0), beyond_chance(60, 100, 0.5, 0.0), beyond_chance(6_000, 10_000, 0.5, 0.0)
    (True, False, True)

    """
    if not of or hits <= chance * of:
        return False
    share, chance = hits / of, max(chance, 1 / (2 * of))
    surprise = share * log(share / chance)
    if share < 1:
        surprise += (1 - share) * (log1p(-share) - log1p(-chance))
    return of * surprise >= log_tries - log(ALARM)
