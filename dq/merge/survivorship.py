"""Who wins where sources disagree: the rules as plain values, declared by whoever merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from dq.errors import ContractError

RuleName = Literal["precedence", "majority", "longest", "min", "max", "mean", "union", "trusted"]


@dataclass(frozen=True)
class Precedence:
    """The first of these sources that has a value wins; sources not named come after them."""

    sources: tuple[str, ...]

    def __init__(self, *sources: str) -> None:
        object.__setattr__(self, "sources", sources)


@dataclass(frozen=True)
class Latest:
    """The value of the row whose column `by` is greatest wins; rows without a time come last."""

    by: str


@dataclass(frozen=True)
class Trusted:
    """The value that sources are believed on, by an accuracy learned from the data, copying discounted.

    What the first of `anchors` that has a value says is the truth, and the measure of all others.
    """

    anchors: tuple[str, ...]

    def __init__(self, *anchors: str) -> None:
        object.__setattr__(self, "anchors", anchors)


@dataclass(frozen=True)
class Scale:
    """A fix: the source's numbers times `factor`, plus `add`."""

    factor: float
    add: float = 0.0


@dataclass(frozen=True)
class Offset:
    """A fix: the source's numbers plus `by`; of dates, that many days; of time stamps, seconds."""

    by: float


Rule = RuleName | Precedence | Latest | Trusted
Fix = Literal["invert"] | Scale | Offset | Mapping[str, str]


@dataclass(frozen=True)
class Survivorship:
    """The rule of each column, and which sources to believe.

    `default` is the rule of columns not in `columns`. `precedence` orders the sources, the most trusted
    first; it is what `"precedence"` means and what breaks every tie; sources not named come last, by name.
    `copies` names sources that repeat another (copy → original): they have no vote of their own where anyone
    else has a value. `fixes` turns on a repair that a finding proposed, by (source, column): `"invert"` for a
    two-valued column, a mapping for a recoded one, `Scale` or `Offset`.

    Rules: `"precedence"` or `Precedence(…)`; `"majority"` (one vote per source); `Latest("updated_at")`;
    `"longest"` text; `"min"`, `"max"`; `"mean"` (of the sources' own means); `"trusted"` or `Trusted(…)`;
    `"union"` (all values, as a list).

    Raises:
        ContractError: where a rule is unknown, or a source is a copy of a copy or of itself.

    >>> Survivorship(columns={"age": Precedence("hospital", "web")}, copies={"mirror": "web"}).rule_of("name")
    'majority'

    """

    default: Rule = "majority"
    columns: Mapping[str, Rule] = field(default_factory=dict)
    precedence: Sequence[str] = ()
    copies: Mapping[str, str] = field(default_factory=dict)
    fixes: Mapping[tuple[str, str], Fix] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rule in self.rules():
            if isinstance(rule, str) and rule not in get_args(RuleName):
                raise ContractError(
                    f"no rule of survivorship is called {rule!r}",
                    hint=f'one of {", ".join(get_args(RuleName))}, Precedence("a", "b") or Latest("column")',
                )
        chained = [copy for copy, original in self.copies.items() if original in self.copies]
        if chained:
            raise ContractError(
                f"a copy must name an original, not another copy: {', '.join(sorted(chained))}",
                hint="name the first source of the chain for each of them",
            )

    def rules(self) -> tuple[Rule, ...]:
        """Give every rule in use."""
        return (self.default, *self.columns.values())

    def rule_of(self, column: str) -> Rule:
        """Give the rule of `column`."""
        return self.columns.get(column, self.default)

    def ranked(self, sources: Sequence[str]) -> tuple[str, ...]:
        """Give `sources` in precedence order, those that are not named last and by name."""
        named = [source for source in self.precedence if source in sources]
        return (*named, *sorted(set(sources) - set(named)))

    def original_of(self, source: str) -> str:
        """Give the source that `source` repeats, or itself."""
        return self.copies.get(source, source)
