"""Every import points down; the contracts of import-linter say how, `make lint` and this hold it."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def loaded_by(*modules: str) -> set[str]:
    """Import modules in a process of their own; give the top-level packages that this loads."""
    code = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=600
    )
    return set(done.stdout.split())


def modules_of(folder: str) -> list[str]:
    return sorted(
        ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
        for path in (CHECKOUT / folder).rglob("*.py")
        if path.name != "__init__.py"
    )


def test_import_linter_is_content() -> None:
    """Layers, and who may know the orchestrator, the network and the warehouse, are kept."""
    done = subprocess.run(  # noqa: S603
        [Path(sys.executable).parent / "lint-imports"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_the_core_imports_nothing_until_it_is_asked() -> None:
    """`import dq` loads none of the heavy libraries."""
    assert loaded_by("dq").isdisjoint({"polars", "duckdb", "pandera", "dagster", "numpy", "pyarrow", "httpx"})


def test_connectors_know_neither_orchestrator_nor_warehouse_nor_law() -> None:
    """All connectors together load no dagster, duckdb or pandera, and nothing of assets or checks."""
    loaded = loaded_by(*modules_of("connectors"))
    assert loaded.isdisjoint({"dagster", "duckdb", "pandera", "assets", "checks"})
    assert {"httpx", "polars"} <= loaded


def test_contracts_are_read_without_orchestrator_warehouse_or_network() -> None:
    """All contracts together load no dagster, duckdb or httpx, and nothing of assets, connectors or the core."""
    loaded = loaded_by(*modules_of("checks"))
    assert loaded.isdisjoint({"dagster", "duckdb", "httpx", "assets", "connectors", "dq"})
    assert "pandera" in loaded


def test_a_training_job_needs_neither_pipeline_nor_polars() -> None:
    """The loader loads numpy and pyarrow, and no polars, duckdb, pandera, dagster or httpx."""
    loaded = loaded_by("dq.training")
    assert loaded.isdisjoint({"polars", "duckdb", "pandera", "dagster", "httpx", "torch"})


@pytest.mark.parametrize("folder", ["dq", "connectors", "checks", "samples"])
def test_nobody_imports_assets(folder: str) -> None:
    """No module of this folder names `assets` in an import."""
    for path in (CHECKOUT / folder).rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if line.startswith(("from assets", "import assets"))], path


def test_every_folder_of_tests_is_a_package() -> None:
    """Each has its `__init__.py`: without one, tests/checks would stand in for the real checks."""
    for path in (CHECKOUT / "tests").rglob("*.py"):
        assert (path.parent / "__init__.py").is_file(), path.parent


def test_test_folders_mirror_the_code() -> None:
    """Every folder of code that tests mirror exists: a renamed folder takes its tests along."""
    beside = {"tests", "architecture", "end_to_end", "strategies"}
    for init in (CHECKOUT / "tests").rglob("__init__.py"):
        parts = init.parent.relative_to(CHECKOUT / "tests").parts
        if parts and parts[0] not in beside:
            assert CHECKOUT.joinpath(*parts).is_dir(), init.parent
