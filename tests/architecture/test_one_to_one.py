"""Contract, asset and check: each one's partner is there, under the key that the contract names."""

import importlib
import inspect
import pkgutil
from typing import Any

import dagster as dg
import pandera.polars as pa
import pytest

import checks
from assets.contract_checks import READABLE, asset_key, check_name
from assets.definitions import defs, feeds
from assets.domains import TRAINING, UNIFIED
from assets.drift_checks import FIELDS, drift_check
from assets.feed_assets import DECODED
from assets.training_assets import GATE
from assets.unified_assets import AGREE
from dq.contract import Contract
from dq.drift.finding import KINDS

Models = dict[str, type[Any]]


@pytest.fixture(scope="module")
def location() -> dg.Definitions:
    return defs()


@pytest.fixture(scope="module")
def models() -> Models:
    """Every contract under checks/, by the table that it names; a model that names none is a parent."""
    found: Models = {}
    for module in pkgutil.iter_modules(checks.__path__):
        members = inspect.getmembers(importlib.import_module(f"checks.{module.name}"), inspect.isclass)
        for _, model in members:
            if issubclass(model, pa.DataFrameModel) and model.__module__ == f"checks.{module.name}":
                name = str(model.to_schema().name)
                if "." in name:
                    assert name not in found, f"two contracts for {name}"
                    found[name] = model
    return found


def judged() -> Models:
    return {
        **{feed.core: feed.contract for feed in feeds()},
        **{unified.table: unified.contract for unified in UNIFIED},
        **{training.table: training.contract for training in TRAINING},
    }


def test_every_contract_is_of_one_asset(models: Models) -> None:
    """The contracts under checks/ and the tables that the assets judge are the same, one to one."""
    assert judged() == models


def test_every_asset_is_a_table_of_these(location: dg.Definitions, models: Models) -> None:
    """The graph holds the raw table of each feed and a judged table a contract, and nothing more."""
    keys = set(location.resolve_asset_graph().get_all_asset_keys())
    assert keys == {asset_key(table) for table in [*models, *(feed.raw for feed in feeds())]}


def test_a_contract_stands_in_the_file_named_like_its_table(models: Models) -> None:
    """core.x is in checks/x.py, training.x in checks/training_x.py."""
    for table, model in models.items():
        schema, _, name = table.partition(".")
        assert model.__module__ == f"checks.{name if schema == 'core' else f'{schema}_{name}'}"


def test_every_asset_has_the_checks_of_its_rules(location: dg.Definitions, models: Models) -> None:
    """Each judged asset has one check per rule of its contract, plus those that belong to its stage; no other."""
    expected = {
        (asset_key(table), check_name(rule.name))
        for table, model in models.items()
        for rule in Contract(model).rules
    }
    rules = sum(len(Contract(model).rules) for model in models.values())
    assert len(expected) == rules, "two rules of a table share a check's name"
    expected |= {(asset_key(table), READABLE) for table in models}
    expected |= {(asset_key(feed.raw), DECODED) for feed in feeds()}
    expected |= {(asset_key(feed.raw), drift_check(kind)) for feed in feeds() for kind in FIELDS}
    expected |= {(asset_key(table), drift_check(kind)) for table in models for kind in KINDS}
    expected |= {(asset_key(unified.table), AGREE) for unified in UNIFIED}
    expected |= {(asset_key(training.table), GATE) for training in TRAINING}
    found = {(key.asset_key, key.name) for key in location.resolve_asset_graph().asset_check_keys}
    assert found == expected


def test_blocking_rules_are_blocking_checks(location: dg.Definitions, models: Models) -> None:
    """A check blocks in Dagster where, and only where, its rule blocks."""
    blocking = {
        (key.asset_key, key.name)
        for key in location.resolve_asset_graph().asset_check_keys
        if location.resolve_asset_graph().get_check_spec(key).blocking
    }
    expected = {
        (asset_key(table), check_name(rule.name))
        for table, model in models.items()
        for rule in Contract(model).rules
        if rule.on_fail == "block"
    }
    assert blocking == expected | {(asset_key(training.table), GATE) for training in TRAINING}


def test_every_column_says_what_it_is(models: Models) -> None:
    """No column of any contract is without a description, nor any contract without one."""
    for table, model in models.items():
        assert model.__doc__, table
        for name, column in model.to_schema().columns.items():
            assert column.description, f"{table}, {name}"


def test_training_columns_are_those_of_the_release() -> None:
    """Key, features, label, what stands beside, and split are exactly the columns of the contract, each once."""
    for training in TRAINING:
        expected = {training.key, *training.features, training.label, *training.beside, "split"}
        assert set(training.contract.to_schema().columns) == expected, training.table
        assert not {*training.features} & {training.key, training.label, *training.beside, "split"}, (
            training.table
        )
