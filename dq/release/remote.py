"""A release at an address: its manifest first, each file when it is first read, kept in a folder of this machine.

Nothing here but the standard library and pyarrow, so that a GPU node reads a release without the pipeline.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

import pyarrow.fs as pafs

from dq.errors import ConfigError, IntegrityError
from dq.release.manifest import File, Manifest

CHUNK = 1 << 20
PATIENCE_SECONDS = 60


def fetch_manifest(address: str, root: Path) -> tuple[Path, Manifest]:
    """Read the manifest of the release at `address` (the folder `…/<dataset>/v<N>`) and keep it under `root`.

    Raises:
        ConfigError: where there is none, or the address cannot be reached.
        IntegrityError: where it is not a manifest.

    """
    where = f"{address.rstrip('/')}/manifest.json"
    with _open(where) as stream:
        body = stream.read()
    manifest = Manifest.from_json(body.decode("utf-8", "replace"), where=where)
    folder = root / ".remote" / hashlib.sha256(body).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_bytes(body)
    return folder, manifest


def fetch_file(address: str, file: File, path: Path) -> None:
    """Have a file of a release at `path`, whole and verified, or not at all; done at once where it is there.

    Raises:
        ConfigError: where it could not be had.
        IntegrityError: where it is not what was published.

    """
    if path.is_file() and path.stat().st_size == file.bytes:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as out, _open(f"{address.rstrip('/')}/{file.path}") as stream:
            shutil.copyfileobj(stream, out, CHUNK)
        with Path(name).open("rb") as written:
            found = hashlib.file_digest(written, "sha256").hexdigest()
        if found != file.sha256:
            raise IntegrityError(
                f"the file is not what was published: sha256 {found[:16]}…, manifest {file.sha256[:16]}…",
                where=f"{address}/{file.path}",
                hint="copy the release there again; releases are never edited",
            )
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _open(where: str) -> IO[bytes]:
    """Open an address; S3's region, endpoint and keys come from the environment as its own tools read them."""
    try:
        if where.startswith(("http://", "https://")):
            answer: IO[bytes] = urllib.request.urlopen(where, timeout=PATIENCE_SECONDS)  # noqa: S310 - http alone
            return answer
        system, path = pafs.FileSystem.from_uri(where)
        stream: IO[bytes] = system.open_input_stream(path)
    except (urllib.error.URLError, OSError) as error:
        raise ConfigError(
            f"a release could not be read: {error}",
            where=where,
            hint="give the address of the folder …/<dataset>/v<N>; is it reachable, and are its keys set?",
        ) from error
    return stream
