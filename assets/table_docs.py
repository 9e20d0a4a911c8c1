"""`python -m assets.table_docs`: writes docs/tables.md, what each contract says of its table, column by column."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from assets.definitions import feeds
from assets.domains import TRAINING, UNIFIED
from assets.lake import CHECKOUT
from dq.contract import Contract

PAGE = CHECKOUT / "docs" / "tables.md"
HEAD = """# Tables

What each contract says of its table. Made from the contracts by `make docs`; do not edit.
Rows that break a rule go to `quarantine.<schema>__<table>`, unless the rule says otherwise.
"""


def page() -> str:
    """Give the whole page: core tables of the sources, merged tables, training sets."""
    laws = [*(feed.law for feed in feeds()), *(one.law for one in (*UNIFIED, *TRAINING))]
    return "\n".join([HEAD, *(line for law in laws for line in _section(law))]).rstrip() + "\n"


def _section(law: Contract) -> Iterator[str]:
    yield f"## {law.table}"
    yield ""
    yield inspect.cleandoc(law.model.__doc__ or "").splitlines()[0]
    yield ""
    yield "| column | type | may be null | rules | meaning |"
    yield "|---|---|---|---|---|"
    for doc in law.docs():
        rules = (["unique"] if doc.unique else []) + list(doc.constraints)
        words = ", ".join(f"`{_cell(rule)}`" for rule in rules)
        yield f"| `{doc.name}` | {doc.dtype} | {'yes' if doc.nullable else 'no'} | {words} | {_cell(doc.description)} |"
    yield ""
    whole = [rule for rule in law.rules if rule.column is None or rule.on_fail != "quarantine"]
    if whole:
        yield "| rule | dimension | on fail | meaning |"
        yield "|---|---|---|---|"
        for rule in whole:
            yield f"| `{_cell(rule.name)}` | {rule.dimension} | {rule.on_fail} | {_cell(rule.description)} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
