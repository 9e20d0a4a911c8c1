"""Getting the sample data: pinned, without running any package's code, and only what isn't there."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from samples.catalogue import PACKAGES, VENDORED_FILE, Package, Taken
from samples.download import LOCK, download, main
from samples.error import SampleError
from samples.pinned import PinnedFile

SETUP = "open({sentinel!r}, 'w').close()\nraise SystemExit('setup.py was run')\n"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all the package index that pip knows of."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def put_sdist(shelf: Path, sentinel: Path) -> bytes:
    """A source package whose setup.py leaves a trace and fails when anything runs it."""
    files = {
        "PKG-INFO": "Metadata-Version: 1.1\nName: toy\nVersion: 1.0\n",
        "setup.py": SETUP.format(sentinel=str(sentinel)),
        "toy/data.csv": "a,b\n1,2\n",
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"toy-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    (shelf / "toy-1.0.tar.gz").write_bytes(content.getvalue())
    return content.getvalue()


def put_wheel(shelf: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("toy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
        archive.writestr(
            "toy-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("toy/data.csv", "a,b\n1,2\n")
    (shelf / "toy-1.0-py3-none-any.whl").write_bytes(content.getvalue())
    return content.getvalue()


def toy(form: str, inside: str = "toy/data.csv", content: bytes = b"a,b\n1,2\n") -> Package:
    pinned = PinnedFile("upstream/toy/data.csv", hashlib.sha256(content).hexdigest())
    return Package("toy", form, "made for a test", (Taken(inside, pinned),))


def get(package: Package, root: Path, archive: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """`download` with a catalogue of one package and the hash of `archive` pinned."""
    lock = root / "toy.lock"
    root.mkdir(exist_ok=True)
    lock.write_text(f"toy==1.0 --hash=sha256:{hashlib.sha256(archive).hexdigest()}\n")
    monkeypatch.setattr("samples.download.PACKAGES", (package,))
    return download(root, say=lambda _: None, lock=lock)


def test_all_is_there_and_said_so_at_once(sample_root: Path) -> None:
    """A second download fetches nothing, and checks each file's sha256."""
    said: list[str] = []
    assert download(sample_root, say=said.append) == 0
    assert said == ["all 14 upstream files are in place, each checked"]
    assert all(taken.file.in_place(sample_root) for package in PACKAGES for taken in package.takes)
    assert VENDORED_FILE.in_place(sample_root)


def test_a_source_package_is_opened_but_never_run(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line of an sdist's setup.py is executed, though pip must know the package's metadata."""
    sentinel = tmp_path / "setup-was-run"
    archive = put_sdist(shelf, sentinel)
    root = tmp_path / "root"
    assert get(toy("sdist"), root, archive, monkeypatch) == 2
    assert (root / "upstream/toy/data.csv").read_bytes() == b"a,b\n1,2\n"
    assert not sentinel.exists()


@pytest.mark.parametrize("form", ["sdist", "wheel"])
def test_another_package_than_the_pinned_one_is_refused(
    form: str, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package whose sha256 isn't the pinned one gives one error that says so, and no file."""
    put_sdist(shelf, tmp_path / "sentinel")
    put_wheel(shelf)
    root = tmp_path / "root"
    with pytest.raises(SampleError, match=r"toy==1\.0 does not have the sha256 that is pinned"):
        get(toy(form), root, b"another file", monkeypatch)
    assert [path.name for path in root.iterdir()] == ["toy.lock"]


def test_another_member_than_the_pinned_one_is_refused(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file taken out is held against a sha256 of its own; a wrong one is not written."""
    root = tmp_path / "root"
    with pytest.raises(SampleError, match="it is not the expected file"):
        get(toy("wheel", content=b"other"), root, put_wheel(shelf), monkeypatch)
    assert not (root / "upstream").exists() or not list((root / "upstream/toy").iterdir())


@pytest.mark.parametrize("form", ["sdist", "wheel"])
def test_a_member_that_is_not_in_the_package_is_named(
    form: str, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that the package doesn't have is an error that names package and path."""
    archive = put_sdist(shelf, tmp_path / "sentinel") if form == "sdist" else put_wheel(shelf)
    with pytest.raises(SampleError, match=r"toy-1\.0.* holds no toy/nothing\.csv"):
        get(toy(form, inside="toy/nothing.csv"), tmp_path / "root", archive, monkeypatch)


def test_an_index_without_the_package_is_one_clear_error(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When pip can't get a package, the command ends with 1 and one error with a hint, not a traceback."""
    monkeypatch.setenv("DQ_HOME", str(tmp_path / "home"))
    assert main() == 1
    said = capsys.readouterr().err
    assert said.startswith("error: pip could not get vaderSentiment==3.3.2")
    assert "hint:" in said
    assert "Traceback" not in said


def test_what_came_before_an_error_stays(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call goes on where the last one stopped: only a missing or damaged file is fetched again."""
    root = tmp_path / "root"
    archive = put_wheel(shelf)
    assert get(toy("wheel"), root, archive, monkeypatch) == 2
    assert get(toy("wheel"), root, archive, monkeypatch) == 0
    (root / "upstream/toy/data.csv").write_bytes(b"damaged")
    assert get(toy("wheel"), root, archive, monkeypatch) == 1
    (shelf / "toy-1.0-py3-none-any.whl").unlink()
    assert get(toy("wheel"), root, archive, monkeypatch) == 0


def test_every_package_is_pinned_to_one_version_and_one_file() -> None:
    """The lock holds exactly the catalogue's packages, each with == and one sha256, and no index address."""
    lines = [line for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    assert [line.split("==")[0] for line in lines] == [package.name for package in PACKAGES]
    assert all(line.count("--hash=sha256:") == 1 for line in lines)
    assert "://" not in LOCK.read_text()
