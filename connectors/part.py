"""A large download on disk, never in memory as a whole; a broken one goes on where it broke off."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterable, Mapping
from pathlib import Path

from connectors.body import BodyError, bounded
from dq.errors import ConfigError
from dq.scratch import Scratch

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
PARTIAL = 206
UNSATISFIABLE = 416


class ChangedError(Exception):
    """What is kept is not the beginning of what is there now: start over."""


class Part:
    """A download that goes to disk, with the ETag (or date) under which it came; only under it more is asked for.

    Its files are below `folder`, also after a kill; `done` removes them. Without a folder nothing outlives this object,
    and each attempt starts anew.
    """

    def __init__(self, folder: Path | None, source: str, url: str) -> None:
        name = hashlib.sha256(f"{source}\n{url}".encode()).hexdigest()[:16]
        self._temporary = Scratch("part") if folder is None else None
        self._keeps = folder is not None
        folder = self._temporary.path if self._temporary is not None else folder
        assert folder is not None  # noqa: S101 — either is there
        self.path = folder / f"{name}.part"
        self._about = folder / f"{name}.json"
        self._room = folder / f"{name}.room"

    def __len__(self) -> int:
        return 0 if self._validator() is None else self.size

    @property
    def size(self) -> int:
        """The bytes that have come, whether more can be asked for or not."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def headers(self) -> dict[str, str]:
        """Give the headers that ask for the rest, if what is kept is the beginning of what is there now."""
        validator = self._validator()
        if validator is None or not len(self):
            return {"accept-encoding": "identity"}
        return {"accept-encoding": "identity", "range": f"bytes={len(self)}-", "if-range": validator}

    async def take(
        self,
        status: int,
        headers: Mapping[str, str],
        chunks: AsyncIterable[bytes],
        *,
        wire_cap: int,
        decoded_cap: int,
    ) -> None:
        """Write what comes to the file, which then is the whole body.

        Raises:
            ChangedError: where the server goes on with something else than what was asked for.
            BodyError: over a cap, or where the body is not in the encoding that its header names; nothing is kept.

        """
        if status == UNSATISFIABLE:
            self.done()
            raise ChangedError("there is no such rest")
        if status == PARTIAL:
            self._assert_continues(headers)
        else:
            self._begin(headers)
        encoding = headers.get("content-encoding", "")
        try:
            with self.path.open("ab") as file:
                async for piece in bounded(
                    chunks, encoding, wire_cap=wire_cap, decoded_cap=decoded_cap, before=self.size
                ):
                    file.write(piece)
                    file.flush()
        except BodyError:
            self.done()
            raise

    def room(self) -> Path:
        """Give an empty folder beside it, which goes with it; what a kill left there is removed."""
        shutil.rmtree(self._room, ignore_errors=True)
        self._room.mkdir(parents=True)
        return self._room

    def done(self) -> None:
        """Forget what is kept."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)
        shutil.rmtree(self._room, ignore_errors=True)

    def _begin(self, headers: Mapping[str, str]) -> None:
        self.done()
        etag, encoded = headers.get("etag", ""), headers.get("content-encoding", "identity")
        validator = etag if etag and not etag.startswith("W/") else headers.get("last-modified")
        try:
            self._about.parent.mkdir(parents=True, exist_ok=True)
            if not self._keeps or validator is None or encoded != "identity":
                return
            self._about.write_text(json.dumps({"validator": validator}), encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"a download cannot be kept: {error.strerror}", where=str(self._about.parent)
            ) from error

    def _assert_continues(self, headers: Mapping[str, str]) -> None:
        found = _RANGE.fullmatch(headers.get("content-range", ""))
        validator = self._validator()
        changed = (
            validator is not None
            and validator.startswith('"')
            and headers.get("etag", validator) != validator
        )
        if found is None or int(found[1]) != len(self) or changed or "content-encoding" in headers:
            self.done()
            raise ChangedError("the server went on with something else")

    def _validator(self) -> str | None:
        if not self._about.is_file():
            return None
        try:
            return str(json.loads(self._about.read_text(encoding="utf-8"))["validator"])
        except (ValueError, KeyError, TypeError):
            return None
