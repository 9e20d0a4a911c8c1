from pathlib import Path

import pytest

from dq.code_version import code_version


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for path, text in {"dq/a.py": "a", "dq/cli/b.py": "b", "checks/c.py": "c", "tests/d.py": "d"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def version(checkout: Path) -> str:
    """Give the version as a new process would."""
    code_version.cache_clear()
    return code_version(checkout)


@pytest.mark.parametrize("path", ["dq/a.py", "checks/c.py"])
def test_changed_code_changes_the_version(checkout: Path, path: str) -> None:
    """A changed, renamed, new or removed file does; undoing it brings the version back."""
    before = version(checkout)
    file = checkout / path
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "\n", encoding="utf-8")
    seen = {before, version(checkout)}
    moved = file.rename(file.with_name("moved.py"))
    seen.add(version(checkout))
    moved.unlink()
    seen.add(version(checkout))
    assert len(seen) == 4
    file.write_text(text, encoding="utf-8")
    assert version(checkout) == before


@pytest.mark.parametrize("path", ["dq/cli/b.py", "tests/d.py", "dq/notes.md", "dq/__pycache__/a.pyc"])
def test_what_cannot_change_a_number_does_not(checkout: Path, path: str) -> None:
    """The command line, tests and files that are no code leave the version alone."""
    before = version(checkout)
    (checkout / path).parent.mkdir(exist_ok=True)
    (checkout / path).write_text("changed", encoding="utf-8")
    assert version(checkout) == before


def test_the_version_is_short_and_of_no_place(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Twelve hex digits, the same for the same code in another folder."""
    copy = tmp_path_factory.mktemp("copy")
    for path in checkout.rglob("*.py"):
        target = copy / path.relative_to(checkout)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert version(copy) == version(checkout)
    assert len(version(copy)) == 12
    assert int(version(copy), 16) >= 0
