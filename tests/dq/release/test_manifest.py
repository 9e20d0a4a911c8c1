"""A manifest that was edited is not trained on: whatever was edited, and whatever broken one lies beside a good one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import ConfigError, IntegrityError
from dq.release import Manifest, Release, newest_passed, open_release
from dq.training import Loader
from tests.dq.training.releases import release, table


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Publish 300 rows in several blocks and two splits."""
    return release(tmp_path_factory.mktemp("releases"), table(300), block_limit=64)


def leaves(said: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Give the way to every value in JSON that holds no other."""
    if isinstance(said, dict):
        return [leaf for name, value in said.items() for leaf in leaves(value, (*path, name))]
    if isinstance(said, list):
        return [leaf for place, value in enumerate(said) for leaf in leaves(value, (*path, place))]
    return [path]


def edited(text: str, path: tuple[str | int, ...], value: Any) -> str:
    """Give the manifest with one value replaced, or taken out where the value is `...`."""
    said = json.loads(text)
    inner = said
    for step in path[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(said)


@settings(max_examples=300)
@given(data=st.data())
def test_any_edit_is_refused(made: Release, data: st.DataObject) -> None:
    """One value of the manifest is changed or taken out: no value may be, its seal neither."""
    text = made.manifest.to_json()
    path = data.draw(st.sampled_from(leaves(json.loads(text))))
    was: Any = json.loads(text)
    for step in path:
        was = was[step]
    others = st.one_of(
        st.just(...), st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False)
    )
    value = data.draw(others.filter(lambda other: json.dumps(other, default=str) != json.dumps(was)))
    with pytest.raises(IntegrityError, match="manifest") as told:
        Manifest.from_json(edited(text, path, value), where="social/v1/manifest.json")
    assert told.value.where == "social/v1/manifest.json"


def test_the_layout_of_its_json_is_not_sealed(made: Release) -> None:
    """Another order of keys, other white space, escaped letters: the same manifest."""
    said = json.loads(made.manifest.to_json())
    assert Manifest.from_json(json.dumps(dict(reversed(said.items()))), where="") == made.manifest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("splits", "train"), 100),
        (("splits", "train"), 10_000),
        (("gate", "passed"), "no"),
        (("content_hash",), "0" * 64),
        (("order",), "by id"),
        (("block_rows",), 0),
        (("files", 0, "blocks"), []),
        (("columns",), []),
        (("format",), "dq-release-9"),
    ],
)
def test_a_loader_refuses_an_edited_manifest(tmp_path: Path, path: tuple[str | int, ...], value: Any) -> None:
    """The error names the file; nothing is trained on a part of the rows."""
    folder = release(tmp_path, table(300), block_limit=64).path
    manifest = folder / "manifest.json"
    manifest.write_text(edited(manifest.read_text(encoding="utf-8"), path, value), encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"the manifest (was edited|has format)") as told:
        Loader(folder, "train", 10)
    assert told.value.where == str(manifest)


def test_a_broken_manifest_stops_nothing_but_itself(tmp_path: Path) -> None:
    """Of three versions the second is broken: the others open; it is named where it was asked for or may be newest."""
    for size in (100, 110, 120):
        release(tmp_path, table(size))
    broken = tmp_path / "numbers" / "v2" / "manifest.json"
    broken.write_text("{", encoding="utf-8")
    assert [open_release(f"numbers@{version}", tmp_path).version for version in (1, 3)] == [1, 3]
    newest = newest_passed(tmp_path, "numbers")
    assert newest is not None
    assert newest.version == 3
    with pytest.raises(IntegrityError, match="not the manifest of a release") as told:
        open_release("numbers@2", tmp_path)
    assert told.value.where == str(broken)
    with pytest.raises(ConfigError, match=r"there are: v1, v2 \(its manifest cannot be read\), v3"):
        open_release("numbers@7", tmp_path)
    (tmp_path / "numbers" / "v3" / "manifest.json").write_text("[]", encoding="utf-8")
    with pytest.raises(IntegrityError):
        open_release("numbers", tmp_path)


def test_a_folder_that_is_not_there_is_hinted_at(tmp_path: Path) -> None:
    """A folder given as text says which file was looked for."""
    with pytest.raises(ConfigError, match=r"/nowhere/v1/manifest\.json"):
        open_release("/nowhere/v1", tmp_path)
