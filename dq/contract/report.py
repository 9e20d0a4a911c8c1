"""The counts of one judgement, and whether the table may be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dq.contract.compile import Step
from dq.contract.judge import Judged
from dq.contract.settings import Settings
from dq.contract.structure import Form
from dq.contract.whole import Marks
from dq.verdict import Dimension, Report, RuleResult


def make_report(
    batches: Iterable[Judged],
    *,
    steps: tuple[Step, ...],
    settings: Settings,
    version: str,
    form: Form,
    marks: Marks,
) -> Report:
    """Add up the batches; say why the table must not be published, if so.

    A rule over the whole table has no row to set aside: unless it only warns, it blocks.
    """
    failed: Counter[str] = Counter()
    unread: Counter[tuple[str, Dimension, str | None]] = Counter()
    accepted = rejected = 0
    for batch in batches:
        failed.update(batch.failed)
        unread.update(batch.unread)
        accepted += batch.accepted_rows
        rejected += batch.rejected_rows
    rows_in = accepted + rejected
    results = [_result(step, failed, marks, rows_in, form) for step in steps]
    results += [
        RuleResult(
            rule, dimension, "quarantine", column, rows_in, rows, rows == 0, "could be read by cleaning"
        )
        for (rule, dimension, column), rows in unread.items()
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
        settings.table, version, rows_in, accepted, rejected, tuple(results), "; ".join(why) or None
    )


def _result(step: Step, failed: Counter[str], marks: Marks, rows_in: int, form: Form) -> RuleResult:
    rule = step.rule
    judged_table = rule.name in marks.tables
    checked = 1 if judged_table else rows_in
    if rule.column is not None and rule.column not in form.own:
        checked = 0
    count = int(marks.tables[rule.name]) if judged_table else failed[rule.name]
    return RuleResult(
        rule=rule.name,
        dimension=rule.dimension,
        on_fail="block" if judged_table and rule.on_fail == "quarantine" else rule.on_fail,
        column=rule.column,
        checked=checked,
        failed=count,
        passed=count <= rule.tolerance * checked,
        description=rule.description,
    )
