"""A file whose content is known beforehand, by its sha256."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from samples.error import SampleError


@dataclass(frozen=True)
class PinnedFile:
    """A file under the sample root that has this sha256, or is not there at all."""

    path: str
    sha256: str

    def in_place(self, root: Path) -> bool:
        """Tell whether the file is there with exactly the pinned content."""
        try:
            with (root / self.path).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
        except FileNotFoundError:
            return False

    def put(self, root: Path, content: bytes, *, origin: str) -> None:
        """Write `content` in one step, or raise SampleError and write nothing when it isn't what is pinned.

        A reader sees the old file or the new one, never a half. `origin` names where the bytes are from.
        """
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise SampleError(
                f"{self.path} has sha256 {found}, but {self.sha256} is pinned: it is not the expected file",
                where=origin,
                hint="nothing was written; run again, and if it says so again, look at what changed there",
            )
        target = root / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            partial.chmod(0o644)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
