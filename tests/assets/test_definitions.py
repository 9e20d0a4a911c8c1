import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

import assets.sources
from assets.contract_checks import table_metadata
from assets.definitions import DAILY, daily, defs, feeds
from assets.domains import TRAINING, UNIFIED
from dq.errors import ConfigError

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def location() -> dg.Definitions:
    return defs()


def test_the_workspace_loads(tmp_path: Path) -> None:
    """`dagster definitions validate` loads workspace.yaml from the checkout, with no state of its own there."""
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        cwd=CHECKOUT,
        env={
            "PATH": "",
            "DAGSTER_HOME": str(tmp_path),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "DQ_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful for code location dq" in done.stdout + done.stderr


def test_one_daily_schedule_a_domain_that_is_on(location: dg.Definitions) -> None:
    """finance, medical and social, each once a day, switched on, each for its own domain's tables alone."""
    schedules = {schedule.name: schedule for schedule in location.schedules or ()}
    assert set(schedules) == {"finance_daily", "medical_daily", "social_daily"}
    for name, schedule in schedules.items():
        domain = name.removesuffix("_daily")
        assert schedule.cron_schedule == DAILY
        assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
        keys = location.resolve_job_def(domain).asset_layer.executable_asset_keys
        assert {key.path[-1].partition("__")[0] for key in keys} == {domain}


def test_a_feed_with_a_cadence_of_its_own_has_a_schedule_for_it() -> None:
    """Two cadences in a domain are two schedules of different names."""
    names = {schedule.name: schedule.cron_schedule for schedule in daily("shop", {DAILY, "0 * * * *"})}
    assert sorted(names.values()) == ["0 * * * *", DAILY]
    assert "shop_daily" in names


def test_every_asset_tells_what_it_is(location: dg.Definitions) -> None:
    """Domain, description, kinds, its name in SQL; judged tables also their columns with types and constraints."""
    laws = [
        *(feed.law for feed in feeds()),
        *(unified.law for unified in UNIFIED),
        *(training.law for training in TRAINING),
    ]
    schemas = {law.table: table_metadata(law)["dagster/column_schema"] for law in laws}
    for node in location.resolve_asset_graph().asset_nodes:
        assert node.group_name == node.key.path[-1].partition("__")[0]
        assert node.description
        assert node.kinds
        assert node.metadata["dagster/table_name"] == ".".join(node.key.path)
        if node.key.path[0] != "raw":
            schema = node.metadata["dagster/column_schema"]
            assert schema == schemas[".".join(node.key.path)]
            assert any(column.constraints.other or column.constraints.unique for column in schema.columns)


def test_only_what_fetches_is_tried_again(location: dg.Definitions) -> None:
    """Raw tables retry, with growing pauses; the others, which read the warehouse alone, do not."""
    for asset in location.assets or ():
        assert isinstance(asset, dg.AssetsDefinition)
        policy = asset.node_def.retry_policy  # type: ignore[attr-defined]
        assert (policy is not None) == (asset.key.path[0] == "raw")


def test_checks_name_dimension_and_what_happens(location: dg.Definitions) -> None:
    """Each check's description ends in its dimension, or in what happens when it fails."""
    graph = location.resolve_asset_graph()
    for key in graph.asset_check_keys:
        words = graph.get_check_spec(key).description or ""
        assert "on fail: " in words, key


def test_a_source_file_without_its_feed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of assets/sources that holds no FEED of its own name is told so, by name."""
    (tmp_path / "finance__nothing.py").write_text("FEED = None\n", encoding="utf-8")
    monkeypatch.setattr(assets.sources, "__path__", [str(tmp_path)])
    with pytest.raises(ConfigError, match=r"assets/sources/finance__nothing\.py must hold FEED"):
        feeds()


def test_telemetry_is_off_and_the_ui_is_local() -> None:
    """The instance says no to telemetry, and the Makefile serves the UI on loopback alone."""
    instance = yaml.safe_load((CHECKOUT / "assets/instance/dagster.yaml").read_text(encoding="utf-8"))
    assert instance["telemetry"] == {"enabled": False}
    assert "--host 127.0.0.1" in (CHECKOUT / "Makefile").read_text(encoding="utf-8")
