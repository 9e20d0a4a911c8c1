"""Where things lie and what they are called, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dq.errors import ConfigError

SAMPLE_SITE = "http://127.0.0.1:8765"


@dataclass(frozen=True)
class Settings:
    """The folders of one deployment, and the environment that its sources may read.

    `warehouse` is a folder, or a URL that `dq.warehouse.address` reads.

    >>> str(Settings.of({"DQ_HOME": "/srv/dq"}, Path("/tmp")).warehouse)
    '/srv/dq/lake'
    """

    home: Path
    warehouse: Path | str
    files: Path
    environment: Mapping[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, str], checkout: Path) -> Settings:
        """Read the settings: `DQ_HOME` (all data), `DQ_WAREHOUSE` (the lake), `DQ_FILES` (internal files)."""
        home = Path(environment.get("DQ_HOME") or checkout / "data").absolute()
        if home.exists() and not home.is_dir():
            raise ConfigError("DQ_HOME is not a folder", where=str(home), hint="set DQ_HOME to a folder")
        named = environment.get("DQ_WAREHOUSE") or ""
        return cls(
            home=home,
            warehouse=named if "://" in named else Path(named or home / "lake").absolute(),
            files=Path(environment.get("DQ_FILES") or home / "samples" / "files").absolute(),
            environment={"DQ_SAMPLE_SITE": SAMPLE_SITE, **environment},
        )

    @property
    def landing(self) -> Path:
        """The folder of bytes as fetched."""
        return self.home / "landing"

    @property
    def releases(self) -> Path:
        """The folder of training releases."""
        return self.home / "releases"
