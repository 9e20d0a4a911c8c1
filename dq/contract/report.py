"""The counts of one judgement, and whether the table may be published."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dq.contract.evidence import MOST, examples
from dq.contract.judge import Found
from dq.contract.settings import Settings
from dq.contract.steps import Step
from dq.contract.structure import Form
from dq.contract.whole import Marks
from dq.verdict import Dimension, Example, Report, RuleResult


@dataclass
class Tally:
    """The counts of all batches judged so far."""

    accepted: int = 0
    rejected: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    unread: Counter[tuple[str, Dimension, str | None]] = field(default_factory=Counter)
    examples: dict[str, tuple[Example, ...]] = field(default_factory=dict)

    @property
    def rows_in(self) -> int:
        """How many rows were judged."""
        return self.accepted + self.rejected

    def add(self, accepted: int, found: Found) -> None:
        """Add one batch, the batches in the order of their rows."""
        self.accepted += accepted
        self.rejected += found.rejected.height
        self.failed.update(found.failed)
        self.unread.update(found.unread)
        for rule, (rows, columns) in found.first.items():
            known = self.examples.get(rule, ())
            if len(known) < MOST:
                self.examples[rule] = (*known, *examples(rows, columns))[:MOST]
        for rule, more in found.first_unread.items():
            self.examples[rule] = (*self.examples.get(rule, ()), *more)[:MOST]


def make_report(
    tally: Tally,
    *,
    steps: tuple[Step, ...],
    settings: Settings,
    version: str,
    form: Form,
    marks: Marks,
) -> Report:
    """Give every rule's result; say why the table must not be published, if so.

    A rule over the whole table has no row to set aside: unless it only warns, it blocks.
    """
    rejected, rows_in = tally.rejected, tally.rows_in
    results = [_result(step, tally, marks, rows_in, form) for step in steps]
    results += [
        RuleResult(
            rule,
            dimension,
            "quarantine",
            column,
            rows_in,
            rows,
            rows == 0,
            "could be read by cleaning",
            tally.examples.get(rule, ()),
        )
        for (rule, dimension, column), rows in tally.unread.items()
    ]
    why = [
        f"{result.rule} failed for {result.failed:,} of {result.checked:,} rows"
        if result.rule not in marks.tables
        else f"{result.rule} failed for the table"
        for result in results
        if not result.passed and result.on_fail == "block"
    ]
    if rejected > settings.max_rejected_share * rows_in:
        why.append(
            f"{rejected:,} of {rows_in:,} rows were rejected, more than {settings.max_rejected_share:.1%}"
        )
    return Report(
        settings.table, version, rows_in, tally.accepted, rejected, tuple(results), "; ".join(why) or None
    )


def _result(step: Step, tally: Tally, marks: Marks, rows_in: int, form: Form) -> RuleResult:
    rule, name = step.rule, step.rule.name
    examples = tally.examples.get(name, ())
    if name in marks.absent:
        checked, count = marks.absent[name].checked, marks.absent[name].failed
        examples = marks.absent[name].examples
    elif name in marks.tables:
        checked, count, examples = 1, int(marks.tables[name]), ()
    elif rule.column is not None and rule.column not in form.own:
        checked, count = 0, 0
    else:
        checked, count = rows_in, tally.failed[name]
    rowless = name in marks.tables or name in marks.absent
    words = marks.words.get(name)
    return RuleResult(
        rule=name,
        dimension=rule.dimension,
        on_fail="block" if rowless and rule.on_fail == "quarantine" else rule.on_fail,
        column=rule.column,
        checked=checked,
        failed=count,
        passed=count <= rule.tolerance * checked,
        description=f"{rule.description}: {words}" if words else rule.description,
        examples=examples,
    )
