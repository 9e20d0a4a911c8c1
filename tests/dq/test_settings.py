from pathlib import Path

import pytest

from dq.errors import ConfigError
from dq.settings import SAMPLE_SITE, Settings


def test_everything_lies_under_home(tmp_path: Path) -> None:
    """Without variables all data is in the checkout's data/ folder."""
    settings = Settings.of({}, tmp_path)
    assert settings.home == tmp_path / "data"
    assert settings.warehouse == tmp_path / "data" / "lake"
    assert settings.landing == tmp_path / "data" / "landing"
    assert settings.releases == tmp_path / "data" / "releases"
    assert settings.files == tmp_path / "data" / "samples" / "files"


def test_each_variable_moves_its_own_folder(tmp_path: Path) -> None:
    """DQ_HOME moves all, DQ_WAREHOUSE and DQ_FILES one each; an empty variable is none."""
    home, lake, files = (str(tmp_path / name) for name in ("home", "lake", "files"))
    settings = Settings.of({"DQ_HOME": home, "DQ_WAREHOUSE": lake, "DQ_FILES": files}, Path("elsewhere"))
    assert [str(path) for path in (settings.home, settings.warehouse, settings.files)] == [home, lake, files]
    assert settings.landing == tmp_path / "home" / "landing"
    assert Settings.of({"DQ_HOME": ""}, tmp_path).home == tmp_path / "data"


def test_paths_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative folder is one of the folder that the program was started in, whatever it does later."""
    monkeypatch.chdir(tmp_path)
    assert Settings.of({"DQ_HOME": "here"}, tmp_path).home == tmp_path / "here"


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "home").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="DQ_HOME is not a folder") as error:
        Settings.of({"DQ_HOME": str(tmp_path / "home")}, tmp_path)
    assert str(tmp_path / "home") in str(error.value)


def test_the_sample_site_has_an_address_that_can_be_changed(tmp_path: Path) -> None:
    """Sources read DQ_SAMPLE_SITE like any variable; other variables are passed on."""
    assert Settings.of({"KEY": "k"}, tmp_path).environment == {"DQ_SAMPLE_SITE": SAMPLE_SITE, "KEY": "k"}
    assert Settings.of({"DQ_SAMPLE_SITE": "x"}, tmp_path).environment == {"DQ_SAMPLE_SITE": "x"}
