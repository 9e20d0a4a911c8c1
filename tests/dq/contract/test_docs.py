"""The page on contracts says what is so."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dq.contract import Contract
from dq.contract.rules import SETTINGS

PAGE = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text(encoding="utf-8")


def purchase() -> type[Any]:
    """The model of the page's first example."""
    (example,) = re.findall(r"```python\n(from datetime.*?)```", PAGE, re.DOTALL)
    scope: dict[str, Any] = {"__name__": "page"}
    exec(compile(example, "docs/contracts.md", "exec", dont_inherit=True), scope)  # noqa: S102 - it is our own page
    return scope["Purchase"]  # type: ignore[no-any-return]


def test_the_example_runs_and_has_the_rules_that_the_page_names() -> None:
    """A reader who copies the example gets a contract that works, with these rule names."""
    contract = Contract(purchase())
    names = {rule.name for rule in contract.rules}
    (sentence,) = re.findall(r"a name that stays: (.*?)\. `Contract", PAGE)
    assert set(re.findall(r"`([^`]+)`", sentence)) <= names
    frame = pl.DataFrame(
        {
            "purchase_id": [1, 2, 3],
            "customer_id": [1, 9, 1],
            "bought_on": [date(2000, 1, day) for day in (1, 2, 3)],
            "kind": ["sale", "sale", "loan"],
            "amount_usd": [1.0, 2.0, None],
        }
    )
    verdict = contract.judge(frame, {"core.customers": pl.LazyFrame({"customer_id": [1]})})
    assert verdict.accepted["purchase_id"].to_list() == [1, 3]
    assert verdict.report.blocked == "1 of 3 rows were rejected, more than 5.0%"


def test_every_setting_is_on_the_page() -> None:
    """Documented or fail."""
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(SETTINGS)
