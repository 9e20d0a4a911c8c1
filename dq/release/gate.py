"""Whether a release may be trained on: floors for its scores, and checks that passed or did not, in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what was seen."""

    name: str
    passed: bool
    words: str = ""


@dataclass(frozen=True)
class Gate:
    """What is asked of a release: each score at or above its floor, each check passed."""

    floors: Mapping[str, float] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class GateResult:
    """What the gate said: `reasons` is empty exactly where it passed."""

    passed: bool
    reasons: tuple[str, ...]
    floors: Mapping[str, float]
    checks: tuple[Check, ...]


def judge(gate: Gate, scores: Mapping[str, float], found: Iterable[Check] = ()) -> GateResult:
    """Hold scores and checks against the gate; `found` are checks that the build made itself.

    A score that was not measured, or is not a number, does not pass its floor.

    >>> judge(Gate(floors={"accuracy": 0.95}), {"accuracy": 0.9}).reasons
    ('accuracy is 0.9000, below its floor of 0.9500',)
    >>> judge(Gate(floors={"accuracy": 0.95}), {}).reasons
    ('accuracy was not measured; its floor is 0.9500',)
    """
    reasons: list[str] = []
    for name, floor in gate.floors.items():
        score = scores.get(name)
        if score is None or math.isnan(score):
            reasons.append(f"{name} was not measured; its floor is {floor:.4f}")
        elif score < floor:
            reasons.append(f"{name} is {score:.4f}, below its floor of {floor:.4f}")
    checks = (*gate.checks, *found)
    reasons += [f"{check.name}: {check.words or 'failed'}" for check in checks if not check.passed]
    return GateResult(passed=not reasons, reasons=tuple(reasons), floors=dict(gate.floors), checks=checks)
