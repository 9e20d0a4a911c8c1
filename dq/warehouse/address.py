"""How a warehouse is named: a folder, or the URL of a PostgreSQL database and where its files are."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dq.errors import ConfigError
from dq.warehouse.files import Files
from dq.warehouse.folder import Folder
from dq.warehouse.folder_files import FolderFiles
from dq.warehouse.object_files import ObjectFiles
from dq.warehouse.place import Place
from dq.warehouse.postgres import Postgres

SCHEMA = "dq"
_FORM = (
    "write postgresql://user@host/database?files=/folder/that/all/machines/reach, or files=s3://bucket/prefix"
)
# What could be taken for a pattern, or be written in two ways, is not in the name of a place.
_OBJECTS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([\w.-]+(?:/[\w.-]+)*)/?", re.ASCII)


def place_of(address: Path | str) -> Place:
    """Give the place that an address names: a folder, or `postgresql://user@host/database?files=…`.

    The files are in a folder, or under `s3://bucket/prefix` (endpoint and keys from the environment, `dq.s3_access`).

    `schema` names the catalog's schema (`dq` where it is left out); all other parameters are PostgreSQL's own, such as
    `sslmode`. Passwords come from the environment (`PGPASSWORD`, `PGPASSFILE`) or `~/.pgpass`, never from the address.

    Raises:
        ConfigError: the address is none of these, or holds a password; the message does not repeat it.

    >>> place_of("postgresql://ann@db.example/lake?files=/srv/lake&sslmode=require").database
    'postgresql://ann@db.example/lake?sslmode=require'

    """
    text = str(address)
    if isinstance(address, Path) or "://" not in text:
        return Folder(Path(text).expanduser().resolve())
    url = urlsplit(text)
    if url.scheme not in {"postgresql", "postgres"}:
        raise ConfigError(f"a warehouse cannot be at {url.scheme}://…", hint=f"name a folder, or {_FORM}")
    given = parse_qsl(url.query, keep_blank_values=True)
    ours = dict(given)
    if url.password is not None or "password" in ours:
        raise ConfigError(
            "the address of the warehouse holds a password",
            where="DQ_WAREHOUSE",
            hint="leave it out: it comes from PGPASSWORD, PGPASSFILE or ~/.pgpass",
        )
    files, schema = ours.get("files", ""), ours.get("schema", SCHEMA)
    rest = urlencode([(name, value) for name, value in given if name not in {"files", "schema"}], safe="/")
    database = urlunsplit(("postgresql", url.netloc, url.path, rest, ""))
    return Postgres(database, schema, _files(files))


def _files(named: str) -> Files:
    if found := _OBJECTS.fullmatch(named):
        return ObjectFiles(found[1], found[2])
    if "://" in named or not named.startswith("/"):
        what = (
            f"the warehouse's files cannot be at {named!r}"
            if named
            else "the address says not where the files are"
        )
        raise ConfigError(what, where="DQ_WAREHOUSE", hint=_FORM)
    return FolderFiles(Path(named).resolve())
