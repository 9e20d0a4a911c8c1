"""What may not stand in any file of the repository, and what must be in the documents."""

import re
import subprocess
from pathlib import Path

import pytest
import typer

from dq.cli.main import app

CHECKOUT = Path(__file__).parents[2]
REGISTRY_HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "conda" + ".anaconda.org")
"""Put together here, so that this file does not name them."""
PATHS = re.compile(r"(?<![\w.$~)}\]-])/(?:home|Users|root|work|mnt)/[\w.-]+")
"""A folder of one machine; written so that it does not match itself."""


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so nothing says which files are the repository's")
    names = listed.stdout.decode().split("\0")
    return [CHECKOUT / name for name in names if name and (CHECKOUT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        body = path.read_bytes()
        if b"\0" not in body[:8_000]:
            found.append((path, body.decode("utf-8", "replace")))
    return found


def test_no_file_names_a_package_registry() -> None:
    """Packages come from wherever pip is configured to get them: no address of an index in any file."""
    for path, text in texts():
        assert not [host for host in REGISTRY_HOSTS if host in text.lower()], path


def test_no_file_names_a_folder_of_one_machine() -> None:
    """Paths are relative to the checkout, or come from the environment."""
    for path, text in texts():
        assert not PATHS.findall(text), (path, PATHS.findall(text))


def test_no_data_is_tracked() -> None:
    """Nothing under data/ is in the repository: it is fetched, checked and built by `make data`."""
    assert not [path for path in tracked() if path.relative_to(CHECKOUT).parts[0] == "data"]


def words_of(command: typer.core.TyperCommand) -> list[str]:  # type: ignore[name-defined]
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    return [f"dq {command.name}", *(option for option in options if option != "--help")]


def documents() -> str:
    english = (path for path in (CHECKOUT / "docs").glob("*.md") if ".zh-CN" not in path.name)
    paths = [CHECKOUT / "README.md", *sorted(english)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_every_command_and_option_is_in_the_documents() -> None:
    """Each command of `dq`, and each of its options, is named in README.md or docs/; else write of it there."""
    written = documents()
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert {"run", "status", "sql", "quarantine"} <= set(commands)
    missing = [word for command in commands.values() for word in words_of(command) if word not in written]
    assert not missing, f"write in docs/cli.md of: {', '.join(missing)}"


def test_every_command_has_help_with_an_example() -> None:
    """`dq <command> --help` says what it does, shows a call, and explains every option."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        assert "Example:" in (command.help or ""), name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"dq {name} {parameter.name}"


def test_every_setting_is_in_the_documents() -> None:
    """Each environment variable that the code reads by name is written of."""
    written = documents()
    for folder in ("dq", "connectors", "assets", "samples"):
        for path in (CHECKOUT / folder).rglob("*.py"):
            for name in re.findall(r"\bDQ_[A-Z_]+\b", path.read_text(encoding="utf-8")):
                assert name in written, f"{name} of {path.relative_to(CHECKOUT)}"


@pytest.mark.parametrize("chinese", ["README.zh-CN.md", "docs/guide.zh-CN.md"])
def test_the_chinese_documents_show_the_same_code(chinese: str) -> None:
    """Each line of a code block in a Chinese document stands in an English one, too, but for its comment."""
    blocks = re.findall(
        r"^```\w*\n(.*?)^```", (CHECKOUT / chinese).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = {re.sub(r"\s{2,}#.*", "", line).strip() for block in blocks for line in block.splitlines()}
    written = documents()
    missing = sorted(line for line in lines if line not in written)
    assert len(lines) > 30
    assert not missing, f"not in README.md or docs/: {missing}"


def test_links_in_the_documents_lead_somewhere() -> None:
    """Every relative link of README, docs and samples points to a file that is there."""
    paths = [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md"), CHECKOUT / "samples" / "README.md"]
    for path in paths:
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.relative_to(CHECKOUT)} → {target}"


def test_make_help_names_every_target() -> None:
    """Each phony target of the Makefile has words for `make help`."""
    text = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*## \w", text, re.MULTILINE), target
