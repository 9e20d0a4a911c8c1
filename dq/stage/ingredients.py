"""What a release is made of, for its manifest and its gate: sources, their terms, and what became of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from dq.release import Check, SourceUse, TableFlow
from dq.run import Run
from dq.stage.last import last
from dq.training_set import TrainingSet
from dq.verdict import Report


def source_uses(training: TrainingSet, run: Run, consents: Mapping[str, str]) -> list[SourceUse]:
    """Give each source: licences as they landed with its bytes, the consent that is stated, an address, counts."""
    landings = run.warehouse.read("raw.landings").select("source", "licence", "url").collect()
    uses = []
    for name in training.sources:
        own = landings.filter(pl.col("source") == name)
        rows = run.warehouse.read(f"core.{name}").select(pl.len()).collect().item()
        licences = tuple(own["licence"].fill_null("unknown").unique().sort())
        uses.append(
            SourceUse(
                name=name,
                licence="; ".join(licences) or "unknown",
                rows=rows,
                landings=own.height,
                url=next(iter(own["url"].drop_nulls().sort()), None),
                consent=consents.get(name),
                licences=licences or ("unknown",),
            )
        )
    return uses


def terms(training: TrainingSet, uses: Sequence[SourceUse]) -> list[Check]:
    """Hold the sources' licences and consents against what the training set allows; a check a demand."""
    checks = []
    if training.allowed_licences:
        odd = [
            f"{use.name} has {licence!r}"
            for use in uses
            for licence in use.licences
            if not is_allowed(licence, training.allowed_licences)
        ]
        checks.append(
            _check("licence", odd, f"every source is under one of {', '.join(training.allowed_licences)}")
        )
    if training.needs_consent:
        odd = [f"{use.name} states none" for use in uses if not use.consent]
        checks.append(_check("consent", odd, "every source states the consent that it was given under"))
    return checks


def is_allowed(licence: str, allowed: Iterable[str]) -> bool:
    """Say whether a licence is one of these: the same words, or the same name with a remark in brackets behind.

    >>> is_allowed("MIT (vaderSentiment 3.3.2)", ["MIT"]), is_allowed("MIT on the package; data UCI", ["MIT"])
    (True, False)
    """
    return any(licence == name or licence.startswith(f"{name} (") for name in allowed)


def flows(training: TrainingSet, run: Run, report: Report) -> list[TableFlow]:
    """Give what became of the rows of every table from the sources' core tables to this one."""
    found = []
    for table in dict.fromkeys([*(f"core.{name}" for name in training.sources), training.table_from]):
        seen = last(table, run)
        if seen.ledger is not None:
            entry = seen.ledger
            found.append(
                TableFlow(
                    table=table,
                    rows_in=entry.rows_in,
                    accepted=entry.accepted,
                    quarantined=entry.quarantined,
                    deduplicated=entry.deduplicated,
                    superseded=entry.superseded,
                    broken={rule.rule: rule.failed for rule in seen.rules if rule.failed},
                )
            )
    broken = {rule.rule: rule.failed for rule in report.rules if rule.failed}
    own = TableFlow(
        training.table, report.rows_in, report.accepted, quarantined=report.rejected, broken=broken
    )
    return [*found, own]


def conflicts(training: TrainingSet, run: Run) -> dict[str, int]:
    """Count the cells on which sources disagreed, by column of the merged table."""
    counted = run.warehouse.ask(
        "select column_name, count(distinct entity) from quality.conflicts where table_name = ? group by 1 order by 1",
        (training.table_from,),
    )
    return dict(counted)


def _check(name: str, odd: Sequence[str], good: str) -> Check:
    return Check(name, passed=not odd, words="; ".join(odd) or good)
