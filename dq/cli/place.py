"""Where a command is called: the checkout, its settings, its warehouse, and the programs of its deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import typer

from dq.errors import ConfigError
from dq.settings import Settings
from dq.warehouse import Warehouse


def checkout() -> Path:
    """Give the folder of the deployment: here or above, the first that has a workspace.yaml."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "workspace.yaml").is_file():
            return folder
    return Path.cwd()


def settings_here() -> Settings:
    """Give the settings that hold in the checkout."""
    return Settings.of(os.environ, checkout())


def warehouse_here() -> Warehouse:
    """Give the warehouse that the settings name."""
    return Warehouse(settings_here().warehouse)


def exit_with(module: str, *arguments: str) -> None:
    """Run a program of the deployment and exit with its code."""
    raise typer.Exit(start(module, *arguments))


def start(module: str, *arguments: str, quiet: bool = False) -> int:
    """Run a program of the deployment in the checkout, `quiet` on standard error alone; give its code.

    The command never imports assets: the deployment lives in the checkout.
    """
    folder = checkout()
    if not (folder / "assets").is_dir():
        raise ConfigError(
            "there is no deployment here: no assets/ beside a workspace.yaml",
            where=str(folder),
            hint="run dq inside the checkout",
        )
    out = sys.stderr if quiet else None
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=folder, check=False, stdout=out).returncode  # noqa: S603
