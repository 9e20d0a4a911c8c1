"""A new source is one file of at most 25 lines, as the README says: its example is taken from there and run."""

import importlib.util
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dq.feed import Feed
from dq.run import Run
from dq.settings import Settings
from dq.stage.collect import collect
from dq.stage.refine import refine
from tests.end_to_end.deployment import CHECKOUT, Deployment, copied_checkout

BRANCHES = """branch,city,opened_on
1,Ulm,1901-04-01
2,Bonn,1948-06-21
2,Köln,1950-01-31
3,Mainz,31.12.1999
4,Trier
5,,2001-02-03
6,Jena,1990-10-03
7,Gera,1990-10-03
8,Celle,1950-05-08
9,Emden,1949-05-23
"""
ACCEPTED = [(1, "Ulm"), (6, "Jena"), (7, "Gera"), (8, "Celle"), (9, "Emden")]
REJECTED = {3: ["branch:unique"], 4: ["branch:unique"], 5: ["opened_on"], 7: ["city:not_null"]}


def example(document: str) -> str:
    """Take the source file out of a document: its Python block that makes a feed."""
    blocks = re.findall(r"```python\n(.*?)```", (CHECKOUT / document).read_text(encoding="utf-8"), re.DOTALL)
    return next(block for block in blocks if "FEED = Feed(" in block and "finance__branches" in block)


def files_with_branches(folder: Path) -> Path:
    (folder / "finance").mkdir(parents=True)
    (folder / "finance" / "branches.csv").write_text(BRANCHES, encoding="utf-8")
    return folder


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "docs/add-a-source.md"])
def test_the_documented_source_works_as_it_is_written(document: str, tmp_path: Path) -> None:
    """At most 25 lines; collected and refined, five rows are accepted and each other is refused with its reason."""
    lines = example(document).strip().splitlines()
    assert len(lines) <= 25
    path = tmp_path / "finance__branches.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("finance__branches", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    feed: Feed = module.FEED

    environment = {
        "DQ_HOME": str(tmp_path / "home"),
        "DQ_FILES": str(files_with_branches(tmp_path / "files")),
    }
    run = Run("r1", Settings.of(environment, tmp_path), "v1", lambda: datetime.now(UTC))
    collected, refined = collect(feed, run), refine(feed, run)
    assert collected.ledger is not None
    assert refined.ledger is not None
    assert (collected.ledger.rows_in, collected.ledger.quarantined) == (10, 1)
    rows = run.warehouse.read("core.finance__branches").select("branch", "city").collect()
    assert rows.sort("branch").rows() == ACCEPTED
    quarantine = run.warehouse.read("quarantine.core__finance__branches").collect()
    rules = {row["_row"]: [reason["rule"] for reason in row["_reasons"]] for row in quarantine.to_dicts()}
    assert rules.keys() == REJECTED.keys()
    for row, expected in REJECTED.items():
        assert all(rule.startswith(start) for rule, start in zip(rules[row], expected, strict=True))
    broken = run.warehouse.read("quarantine.raw__finance__branches").collect()
    assert broken.select("_row", "text").rows() == [(6, "4,Trier")]


def test_dagster_shows_and_runs_it_without_another_change(tmp_path: Path, sample_root: Path) -> None:
    """The file alone, put into assets/sources, is two assets with checks; `dagster asset materialize` makes them.

    With no UI that watches, each run says itself how it went.
    """
    checkout = copied_checkout(tmp_path / "checkout")
    source = checkout / "assets" / "sources" / "finance__branches.py"
    source.write_text(example("README.md"), encoding="utf-8")
    files = files_with_branches(tmp_path / "files")
    deployment = Deployment(tmp_path / "home", files, "http://127.0.0.1:9", checkout)
    key = "key:raw/finance__branches or key:core/finance__branches"
    ended = deployment.python("dagster", "asset", "materialize", "-m", "assets.definitions", "--select", key)
    assert ended.code == 0, ended.err
    ledger = deployment.ask("select table_name, accepted, quarantined from quality.ledger order by 1")
    assert ledger.rows() == [("core.finance__branches", 5, 4), ("raw.finance__branches", 9, 1)]
    assert deployment.ask("select status, finished_at is null from quality.runs").rows() == [
        ("succeeded", False)
    ]

    shutil.rmtree(files)
    ended = deployment.python("dagster", "asset", "materialize", "-m", "assets.definitions", "--select", key)
    assert ended.code != 0
    told = deployment.ask("select status, finished_at is null from quality.runs order by started_at")
    assert told.rows() == [("succeeded", False), ("failed", False)]
