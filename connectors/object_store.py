"""Objects of an S3-compatible store, by glob: each landed when it is new or its ETag has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, PreconditionError

from connectors.half_written import is_half_written
from connectors.memory import Memory, recall, remember
from connectors.pieces import PIECE
from dq.errors import ConfigError, FetchError
from dq.s3_access import S3Access
from dq.source import Cursor, Fetched, Surroundings

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import S3Store

_LARGEST = 1 << 40
_RANGE = 64 << 20  # bytes that are asked for at once
_WILD = re.compile(r"[*?\[]")


def is_object_glob(glob: str) -> bool:
    """Say whether a glob is of objects in a store, as `s3://bucket/folder/*.csv` is."""
    return "://" in glob


def fetch_objects(name: str, glob: str, cursor: Cursor, around: Surroundings) -> Fetched:
    """Land every object that is new or has changed; one whose ETag is as it was is not asked for.

    `AWS_ENDPOINT_URL` names the store (Amazon's where it is not set), `AWS_REGION` its region, and
    `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` are the keys, or `AWS_PROFILE` names a profile;
    without either, requests are not signed, as for public data.

    Raises:
        ConfigError: where the glob names no bucket of S3.
        FetchError: where the store cannot be reached, refuses, holds no such object, or one is too large.

    """
    bucket, pattern = _split(glob)
    access = S3Access.of(around.environment)
    store = access.store(bucket)
    known = recall(cursor)
    memories: list[Memory] = []
    requests = 1
    skipped = 0
    try:
        for found in _listed(store, pattern):
            url = f"s3://{bucket}/{found['path']}"
            if is_half_written(found["path"].rpartition("/")[2]):
                around.progress(f"{name}: {url} is half-written by its name, skipped")
                skipped += 1
                continue
            before = known.get(url)
            if (
                before is not None
                and before.etag == found["e_tag"]
                and before.note.get("size") == found["size"]
            ):
                memories.append(before)
                continue
            requests += 1
            memories.append(_landed(store, found, url, around))
            around.progress(f"{name}: {url}, {found['size']:,} bytes")
    except (BaseError, OSError) as error:
        raise FetchError(
            f"the object store: {access.without_secrets(error)}",
            where=glob,
            hint="check AWS_ENDPOINT_URL, AWS_REGION and the keys in the environment",
        ) from None
    if not memories:
        raise FetchError(f"no object matches {glob}", where=glob, hint="correct bucket, prefix or glob")
    old = {memory.landing.landing_id for memory in known.values()}
    new = [memory for memory in memories if memory.landing.landing_id not in old]
    counts = {
        "requests": requests,
        "not_modified": len(memories) - requests + 1,
        "bytes": sum(memory.landing.origin.size_bytes for memory in new),
        "retries": 0,
        "skipped": skipped,
        "landings_new": len(new),
    }
    return Fetched(tuple(memory.landing for memory in memories), remember(memories), counts)


def _split(glob: str) -> tuple[str, re.Pattern[str]]:
    found = re.fullmatch(r"s3://([^/*?\[]+)/(.+)", glob)
    if found is None:
        raise ConfigError(f"{glob!r} names no objects of S3", hint="write s3://bucket/folder/*.csv")
    return found[1], _pattern(found[2])


def _pattern(glob: str) -> re.Pattern[str]:
    """Give a glob as a pattern: `*` and `?` stay within a folder, `**/` is any folders."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile("".join(words.get(piece, re.escape(piece)) for piece in pieces))


def _listed(store: S3Store, pattern: re.Pattern[str]) -> Iterator[Any]:
    """Give the objects that match, by their paths."""
    literal = re.match(r"(?:[^\\\[\].*?()]|\\.)*", pattern.pattern)
    prefix = re.sub(r"\\(.)", r"\1", literal[0] if literal else "").rpartition("/")[0]
    found = [entry for page in obstore.list(store, prefix or None) for entry in page]
    return iter(sorted((e for e in found if pattern.fullmatch(e["path"])), key=lambda entry: entry["path"]))


def _landed(store: S3Store, found: Any, url: str, around: Surroundings) -> Memory:
    if found["size"] > _LARGEST:
        raise FetchError(f"the object has {found['size']:,} bytes, more than {_LARGEST:,}", where=url)
    landing = around.land(_pieces(store, found, url), url=url, etag=found["e_tag"])
    return Memory(landing, etag=found["e_tag"], note={"size": found["size"]})


def _pieces(store: S3Store, found: Any, url: str) -> Iterator[bytes]:
    """Give an object piece by piece; one that was replaced since it was listed, or comes short, is told."""
    size, came = found["size"], 0
    options: GetOptions = {"if_match": found["e_tag"]} if found["e_tag"] else {}
    for start in range(0, max(size, 1), _RANGE):
        if size > _RANGE:  # no request for all of it, which would have to end in time
            options["range"] = (start, min(start + _RANGE, size))
        try:
            for piece in obstore.get(store, found["path"], options=options or None).stream(PIECE):
                came += len(piece)
                yield piece
        except PreconditionError:
            raise FetchError(
                "the object was replaced while it was listed", where=url, hint="run again"
            ) from None
    if came != size:
        raise FetchError(f"{came:,} of {size:,} bytes came", where=url, hint="run again")
