"""What of a large download has come so far: kept on disk, so that a broken one goes on where it broke off."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from pathlib import Path

from dq.errors import ConfigError

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
PARTIAL = 206
UNSATISFIABLE = 416


class ChangedError(Exception):
    """What is kept is not the beginning of what is there now: start over."""


class Part:
    """The first bytes of one address, with the ETag (or date) under which they came; only under it more is asked for.

    The two files that hold them are below `folder`, also after a kill; `done` removes them. Without a folder nothing
    is kept, and each attempt starts anew.
    """

    def __init__(self, folder: Path | None, source: str, url: str) -> None:
        name = hashlib.sha256(f"{source}\n{url}".encode()).hexdigest()[:16]
        self._bytes = None if folder is None else folder / f"{name}.part"
        self._about = None if folder is None else folder / f"{name}.json"

    def __len__(self) -> int:
        return self._bytes.stat().st_size if self._bytes is not None and self._bytes.is_file() else 0

    def headers(self) -> dict[str, str]:
        """Give the headers that ask for the rest, if what is kept is the beginning of what is there now."""
        validator = self._validator()
        if validator is None or not len(self):
            return {"accept-encoding": "identity"}
        return {"accept-encoding": "identity", "range": f"bytes={len(self)}-", "if-range": validator}

    async def whole(
        self, status: int, headers: Mapping[str, str], chunks: AsyncIterable[bytes]
    ) -> AsyncIterator[bytes]:
        """Give the body from its first byte, and keep what comes.

        Raises:
            ChangedError: where the server goes on with something else than what was asked for.

        """
        if status == UNSATISFIABLE:
            self.done()
            raise ChangedError("there is no such rest")
        if status == PARTIAL:
            self._assert_continues(headers)
            assert self._bytes is not None  # noqa: S101 — a rest is only asked for where something is kept
            with self._bytes.open("rb") as kept:
                while piece := kept.read(1 << 20):
                    yield piece
        else:
            self._begin(headers)
        if self._bytes is None or self._validator() is None:
            async for chunk in chunks:
                yield chunk
            return
        with self._bytes.open("ab") as file:
            async for chunk in chunks:
                file.write(chunk)
                file.flush()
                yield chunk

    def done(self) -> None:
        """Forget what is kept."""
        for path in (self._bytes, self._about):
            if path is not None:
                path.unlink(missing_ok=True)

    def _begin(self, headers: Mapping[str, str]) -> None:
        self.done()
        etag, encoded = headers.get("etag", ""), headers.get("content-encoding", "identity")
        validator = etag if etag and not etag.startswith("W/") else headers.get("last-modified")
        if self._about is None or validator is None or encoded != "identity":
            return
        try:
            self._about.parent.mkdir(parents=True, exist_ok=True)
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
        if self._about is None or not self._about.is_file():
            return None
        try:
            return str(json.loads(self._about.read_text(encoding="utf-8"))["validator"])
        except (ValueError, KeyError, TypeError):
            return None
