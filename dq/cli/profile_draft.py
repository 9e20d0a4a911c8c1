"""`dq profile --contract`: a contract drafted from a file or table, and how its rows fare by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dq.cli.plain import plain, share, short
from dq.console import Console
from dq.errors import UserError
from dq.profile.draft import Draft, draft
from dq.profile.profile import profile
from dq.profile.read_file import Rows
from dq.verdict import Report


def print_draft(name: str, rows: Rows, console: Console, *, output: Path | None, as_json: bool) -> None:
    """Draft a contract and print it, or write it to a file; say how the sample fared by it.

    Raises:
        UserError: the file is there already.

    """
    if output is not None and output.exists():
        raise UserError(f"{output} is there already", hint="take another name, or remove it")
    made = draft(rows.frame, profile(rows.frame, name, rows.total))
    if output is not None:
        output.write_text(made.source, encoding="utf-8")
    if as_json:
        told = {
            "source": made.source,
            "left_out": list(made.left_out),
            "undecided": list(made.undecided),
            "output": output and str(output),
        }
        console.print_data(told | told_of(made.report), allow_nan=False)
        return
    if output is None:
        console.file.write(made.source)
    print_fate(made, Console(stderr=True) if output is None else console)
    if output is not None:
        console.print(f"wrote {output}", markup=False, highlight=False)


def print_fate(made: Draft, console: Console) -> None:
    """Say how many rows of the sample a draft accepts, and what it says of the others."""
    report = made.report
    accepted = share(report.accepted / report.rows_in) if report.rows_in else "none"
    console.print(
        f"the draft accepts {report.accepted:,} of {report.rows_in:,} rows ({accepted})", highlight=False
    )
    for rule in sorted(report.rules, key=lambda rule: -rule.failed):
        if rule.failed and not (rule.on_fail == "warn" and rule.passed):
            does = "warns of" if rule.on_fail == "warn" else "rejects"
            few = ", ".join(short(repr(one.value)) for one in rule.examples if one.value is not None)
            console.print(
                f"  {does} {rule.failed:,}: {rule.rule}  {few}", markup=False, highlight=False, style="dim"
            )
    for words in made.undecided:
        console.print(f"  undecided, day or month first: {plain(words)}", markup=False, style="yellow")
    for rule_name in made.left_out:
        console.print(f"  left out, as too many rows break it: {rule_name}", markup=False, style="dim")


def told_of(report: Report) -> dict[str, Any]:
    """Give what a program is told of how rows fared by a contract."""
    failing = [rule for rule in report.rules if rule.failed]
    return {
        "rows": report.rows_in,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "broken": [{"rule": one.rule, "on_fail": one.on_fail, "failed": one.failed} for one in failing],
    }
