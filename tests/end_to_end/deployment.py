"""A deployment of its own for a test: its data in a folder of the test, its processes the real ones."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from dq.warehouse import Warehouse

CHECKOUT = Path(__file__).parents[2]
CODE = ("assets", "checks", "connectors", "dq", "samples")
AT_MOST_SECONDS = 900  # ends what hangs; three runs at once on a busy machine take minutes


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said on both streams."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Deployment:
    """Data under `home`, internal files from `files`, pages from `site`, code from `checkout`."""

    home: Path
    files: Path
    site: str
    checkout: Path = CHECKOUT
    more: dict[str, str] = field(default_factory=dict)

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.home / "lake")

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DQ_HOME": str(self.home),
            "DQ_FILES": str(self.files),
            "DQ_SAMPLE_SITE": self.site,
            "DAGSTER_HOME": str(self.home / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "NO_COLOR": "1",
            "COLUMNS": "200",
            **self.more,
        }

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start `python -m …` in the checkout, and do not wait for it."""
        dagster = self.home / "dagster"
        if not dagster.exists():
            dagster.mkdir(parents=True)
            shutil.copy(CHECKOUT / "assets" / "instance" / "dagster.yaml", dagster)
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *words],
            cwd=self.checkout,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def python(self, *words: str) -> Ended:
        """Run `python -m …` to its end."""
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=AT_MOST_SECONDS)
        finally:
            process.kill()
        return Ended(process.returncode, out, err)

    def run(self, *domains: str) -> Ended:
        """Materialize domains as `make run` does."""
        return self.python("assets.run", *domains)

    def dq(self, *words: str) -> Ended:
        """Call the command line."""
        return self.python("dq.cli.main", *words)

    def ask(self, query: str) -> pl.DataFrame:
        """Give the rows of a query."""
        with self.warehouse.connect() as lake:
            return lake.sql(query).pl()

    def one(self, query: str) -> object:
        """Give the one value that a query gives."""
        return self.ask(query).item()


def copied_checkout(folder: Path) -> Path:
    """Copy the code to `folder`, to change it there."""
    for name in CODE:
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "workspace.yaml", folder)
    return folder
