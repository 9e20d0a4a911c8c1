"""Finding releases: `<root>/<dataset>/v<N>/` with manifest.json, card.md and data/.

Nothing here but the standard library and, for an address, pyarrow: a GPU node opens a release without the pipeline.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from dq.errors import ConfigError, GateError, IntegrityError
from dq.release.manifest import EDITED, File, Manifest

VERSION = re.compile(r"v([1-9][0-9]*)")
SCHEMES = ("https://", "http://", "s3://", "gs://", "file://")
SPEC = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@v?([1-9][0-9]*))?")


@dataclass(frozen=True)
class Release:
    """An immutable, versioned training set on disk. `created` is false where a build found it there.

    With an `address` its files are fetched from there when they are first read, and kept under `path`.
    """

    path: Path
    manifest: Manifest
    created: bool = False
    address: str | None = None

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return self.manifest.dataset

    @property
    def version(self) -> int:
        """Which of the dataset's releases this is, from 1."""
        return self.manifest.version

    @property
    def content_hash(self) -> str:
        """The name of what it holds: equal for equal rows, schema, splits and order, anywhere."""
        return self.manifest.content_hash

    @property
    def passed(self) -> bool:
        """Whether its gate passed; the loader refuses it otherwise."""
        return self.manifest.gate.passed

    def have(self, file: File) -> Path:
        """Give where a file of the release lies on this machine, fetched where it is at an address."""
        path = self.path / file.path
        if self.address is not None:
            from dq.release.remote import fetch_file  # noqa: PLC0415 - only where a release is elsewhere

            fetch_file(self.address, file, path)
        return path

    def require_passed(self) -> Release:
        """Give the release itself.

        Raises:
            GateError: with every reason, where its gate did not pass.

        """
        if not self.passed:
            reasons = self.manifest.gate.reasons
            raise GateError(
                f"{self.dataset}@v{self.version} did not pass its gate: " + "; ".join(reasons),
                where=str(self.path / "manifest.json"),
                hint="train on the newest version that passed, or mend the data and release again",
            )
        return self

    def verify(self) -> None:
        """Read every file and hold it against the manifest.

        Raises:
            IntegrityError: for the first file that is missing or is not what was published.

        """
        for file in self.manifest.files:
            path = self.have(file)
            if not path.is_file():
                raise IntegrityError(
                    "a file of the release is missing", where=str(path), hint="copy it again"
                )
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != file.sha256:
                raise IntegrityError(
                    f"the file is not what was published: sha256 {found[:16]}…, manifest {file.sha256[:16]}…",
                    where=str(path),
                    hint=EDITED,
                )


def read_release(path: Path) -> Release:
    """Open the release in this very folder.

    Raises:
        ConfigError: where there is none.
        IntegrityError: where its manifest cannot be read.

    """
    manifest = path / "manifest.json"
    if not manifest.is_file():
        raise ConfigError(
            "there is no release here",
            where=str(manifest),
            hint="give a folder <dataset>/v<N>, or dataset@version",
        )
    return Release(path, Manifest.from_json(manifest.read_text(encoding="utf-8"), where=str(manifest)))


def release_folders(root: Path, dataset: str) -> dict[int, Path]:
    """Give the folder of every version of a dataset, oldest first; none where there is none. Opens none of them."""
    folder = root / dataset
    found = (VERSION.fullmatch(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
    versions = sorted(int(match[1]) for match in found if match)
    paths = {version: folder / f"v{version}" for version in versions}
    return {version: path for version, path in paths.items() if (path / "manifest.json").is_file()}


def list_releases(root: Path, dataset: str) -> list[Release]:
    """Give all releases of a dataset, oldest first; none where there is none.

    Raises:
        IntegrityError: where the manifest of one cannot be read.

    """
    return [read_release(path) for path in release_folders(root, dataset).values()]


def newest_passed(root: Path, dataset: str) -> Release | None:
    """Give the newest release of a dataset whose gate passed, or None; older ones are not opened.

    Raises:
        IntegrityError: where the manifest of a newer one cannot be read.

    """
    newest_first = (read_release(path) for path in reversed(release_folders(root, dataset).values()))
    return next((release for release in newest_first if release.passed), None)


def is_address(spec: object) -> bool:
    """Say whether a release is named by an address, not by a folder or a data set's name.

    >>> is_address("s3://models/releases/social/v3"), is_address("social@3")
    (True, False)
    """
    return str(spec).startswith(SCHEMES)


def releases_home() -> Path:
    """Give the folder that releases lie in: `releases` under `DQ_HOME`, or under `data` here."""
    return Path(os.environ.get("DQ_HOME") or "data") / "releases"


def open_release(spec: Path | str, root: Path | None = None) -> Release:
    """Open a release by folder, by `dataset@version`, or the newest passed one by `dataset` alone.

    `root` is `releases_home()` unless given. An address (`https://…/social/v3`, `s3://bucket/…/social/v3`) opens the
    release there: its manifest is read now, each file when it is first needed.

    Raises:
        ConfigError: where there is none; says which there are.

    """
    root = releases_home() if root is None else root
    if isinstance(spec, str) and is_address(spec):
        from dq.release.remote import fetch_manifest  # noqa: PLC0415 - only where a release is elsewhere

        folder, manifest = fetch_manifest(spec, root)
        return Release(folder, manifest, address=spec)
    if isinstance(spec, Path) or (Path(spec) / "manifest.json").is_file():
        return read_release(Path(spec))
    match = SPEC.fullmatch(spec)
    if match is None:
        raise ConfigError(
            f"{spec!r} is neither a release's folder nor dataset@version",
            where=str(root),
            hint=f"no file {spec}/manifest.json is there; " + _others(root),
        )
    dataset, version = match[1], match[2]
    folders = release_folders(root, dataset)
    if version is None:
        chosen = newest_passed(root, dataset)
    else:
        chosen = read_release(folders[int(version)]) if int(version) in folders else None
    if chosen is None:
        known = ", ".join(f"v{number}{_verdict(path)}" for number, path in folders.items())
        raise ConfigError(
            f"{dataset} has no {f'version {version}' if version else 'release that passed its gate'}",
            where=str(root / dataset),
            hint=f"there are: {known}" if known else _others(root),
        )
    return chosen


def _verdict(path: Path) -> str:
    try:
        return "" if read_release(path).passed else " (gate failed)"
    except IntegrityError:
        return " (its manifest cannot be read)"


def _others(root: Path) -> str:
    names = sorted({path.parent.parent.name for path in root.glob("*/v*/manifest.json")})
    return (
        f"releases here are of: {', '.join(names)}" if names else "there are none here: make one with dq run"
    )
