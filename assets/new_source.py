"""`python -m assets.new_source NAME --kind …`: writes a source and its contract. `dq new source` starts it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import polars as pl

from assets.api_guess import guessed
from assets.declaration import source_file
from assets.lake import CHECKOUT
from assets.reader_choice import READERS, delimited_by, reader_of
from connectors.api import JsonApi
from connectors.archive import Archive
from connectors.blocking import blocking
from connectors.crawl import Crawl
from connectors.delimited import Delimited
from connectors.files import Files
from connectors.json_rows import load
from connectors.object_store import is_object_glob
from connectors.placeholders import Secrets, fill
from connectors.survey import Survey
from connectors.transport import Answer, Transport
from dq.cli.profile_draft import print_fate
from dq.console import Console
from dq.errors import DecodeError, DqError, FetchError, UserError
from dq.profile.draft import Draft, declared, draft
from dq.profile.draft_field import SHORT_TYPES
from dq.profile.draft_source import class_name
from dq.profile.profile import profile
from dq.sample import MOST_ROWS, START, Glance, Looked, Sample, take_sample
from dq.settings import Settings
from dq.source import Source

KINDS = ("files", "crawl", "api", "archive", "survey")
SUCCEEDED = 0
_FROM = {"files": "files", "crawl": "pages", "api": "an API", "archive": "an archive", "survey": "a survey"}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*__[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPES = tuple(SHORT_TYPES.values())
_BODIES = 3
_MEMBERS = 200


def main(arguments: Sequence[str], checkout: Path = CHECKOUT) -> int:
    """Write `assets/sources/<name>.py` and `checks/<name>.py`, and give the exit code."""
    chosen = _parsed(arguments)
    out, err = Console(), Console(stderr=True)
    try:
        written, columns, made = _write(chosen, checkout)
    except DqError as error:
        err.print(f"error: {error}", style="red", markup=False, highlight=False)
        return error.exit_code
    for path in written:
        out.print(f"wrote {path.relative_to(checkout)}", highlight=False)
    out.print(f"{len(columns)} columns: {', '.join(columns)}", highlight=False, soft_wrap=True)
    if made is not None:
        print_fate(made, out)
    domain = chosen.name.partition("__")[0]
    out.print("\nWhat to do next", style="bold")
    for words, why in (
        (f"dq fetch {chosen.name} --dry-run", "look at what would come"),
        (f"make run DOMAINS={domain}", "make its tables"),
        (f"edit checks/{chosen.name}.py", "make its contract yours"),
    ):
        out.print(f"  {words:<50} {why}", highlight=False)
    return SUCCEEDED


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dq new source")
    parser.add_argument("name")
    parser.add_argument("--kind", required=True, choices=KINDS)
    for option in ("--url", "--glob", "--members", "--record", "--follow", "--description"):
        parser.add_argument(option)
    parser.add_argument("--field", action="append", default=[])
    parser.add_argument("--column", action="append", default=[])
    parser.add_argument("--licence", default="unknown")
    return parser.parse_args(arguments)


def _write(chosen: argparse.Namespace, checkout: Path) -> tuple[list[Path], list[str], Draft | None]:
    """Make both files, or neither; give their paths, the columns, and what was drafted from a sample."""
    name: str = chosen.name
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name} cannot be a source's name", hint="write <domain>__<source>, such as finance__branches"
        )
    paths = [checkout / "checks" / f"{name}.py", checkout / "assets" / "sources" / f"{name}.py"]
    if there := [path for path in paths if path.exists()]:
        raise UserError(f"{name} is there already", where=str(there[0]), hint="take another name, or edit it")
    settings = Settings.of(os.environ, checkout)
    source, rows = _sampled(chosen, settings)
    data, table = rows.select(pl.exclude("^_.*$")), f"core.{name}"
    types = _declared(chosen.column)
    if not types and not data.width:
        raise UserError(
            "the sample has no columns to draft a contract from",
            hint="name them: --column id:int --column text, and so on",
        )
    made = None if types else draft(data, profile(data, table))
    subject = name.partition("__")[2].replace("_", " ").capitalize()
    description = chosen.description or f"{subject} from {_FROM[chosen.kind]}"
    texts = (
        declared(table, types) if made is None else made.source,
        source_file(source, contract=class_name(table), description=description),
    )
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths, list(types) or data.columns, made


def _declared(words: Sequence[str]) -> dict[str, str]:
    """Read `--column name:type`."""
    columns = {}
    for word in words:
        name, _, kind = word.partition(":")
        if (kind or "str") not in _TYPES or not name:
            raise UserError(
                f"--column {word} cannot be read", hint=f"write name:type; types are {', '.join(_TYPES)}"
            )
        columns[name] = kind or "str"
    return columns


def _sampled(chosen: argparse.Namespace, settings: Settings) -> tuple[Source, pl.DataFrame]:
    """Give the source, and the rows of a few of its bodies."""
    makers = {"files": _files, "crawl": _crawl, "api": _api, "archive": _archive, "survey": _survey}
    source = makers[chosen.kind](chosen, settings)
    try:
        sample = _looked(source, settings, _BODIES)
    except FetchError:
        if chosen.column:
            return source, pl.DataFrame()
        raise
    read = [looked.found for looked in sample.bodies if isinstance(looked.found, Glance)]
    if not read and not chosen.column:
        unread = [looked.found for looked in sample.bodies if isinstance(looked.found, DecodeError)]
        raise unread[0] if unread else FetchError("the source gave nothing to draft a contract from")
    if not chosen.column:
        _hold_alike([looked for looked in sample.bodies if isinstance(looked.found, Glance)])
    return source, pl.concat([one.rows for one in read], how="diagonal") if read else pl.DataFrame()


def _hold_alike(bodies: Sequence[Looked]) -> None:
    """Hold the bodies to being of one table: files of several have no column in common."""
    filled = [one for one in bodies if isinstance(one.found, Glance) and one.found.rows.height]
    names = [{name for name in one.found.rows.columns if name[0] != "_"} for one in filled]  # type: ignore[union-attr]
    for body, columns in zip(filled[1:], names[1:], strict=True):
        if not columns & names[0]:
            urls = " and ".join(one.landing.origin.url for one in (filled[0], body))
            raise UserError(
                f"{urls} have no column in common: they are not one table",
                hint="one source for each: narrow --glob (or --members, --url)",
            )


def _looked(source: Source, settings: Settings, bodies: int, rows: int = MOST_ROWS) -> Sample:
    sample = take_sample(
        source,
        {},
        files=settings.files,
        now=lambda: datetime.now(UTC),
        environment=settings.environment,
        bodies=bodies,
        rows=rows,
    )
    if sample.failure is not None and not sample.bodies:
        raise sample.failure
    return sample


def _files(chosen: argparse.Namespace, settings: Settings) -> Source:
    glob = _needed(chosen.glob, "glob", "files", "finance/branches.csv")
    start = _start_of_files(chosen.name, glob, settings)
    return Files(chosen.name, glob, reader_of(glob, start), chosen.licence)


def _survey(chosen: argparse.Namespace, settings: Settings) -> Source:
    glob = _needed(chosen.glob, "glob", "survey", "social/answers/*.csv")
    text = delimited_by(_start_of_files(chosen.name, glob, settings))
    columns = tuple(_declared(chosen.column))
    delimiter = str(text.delimiter)
    quote = '"' if delimiter != "\t" else None
    return Survey(
        chosen.name, glob, columns, delimiter, quote, encoding=text.encoding, licence=chosen.licence
    )


def _crawl(chosen: argparse.Namespace, _: Settings) -> Source:
    url = _needed(chosen.url, "url", "crawl", "https://forum.example.org/page-1.html")
    fields = dict(_field(word) for word in chosen.field)
    if chosen.record is None and not fields:
        return Crawl(
            chosen.name, url, record="html", fields={"title": "title", "text": "body"}, licence=chosen.licence
        )
    if chosen.record is None or not fields:
        raise UserError("--record and --field belong together", hint="--record article --field text=p")
    follow = chosen.follow or "a[rel=next]"
    return Crawl(chosen.name, url, record=chosen.record, fields=fields, follow=follow, licence=chosen.licence)


def _api(chosen: argparse.Namespace, settings: Settings) -> Source:
    url = _needed(chosen.url, "url", "api", "https://api.example.org/orders?per_page=100")
    source = JsonApi(chosen.name, url, total=None, licence=chosen.licence)
    try:
        answer = blocking(_asked(source, settings))
    except FetchError:
        if chosen.column:
            return source
        raise
    found = guessed(load(answer.body, answer.url), answer.headers)
    paging = replace(source, next=found["next"], next_param=found["next_param"])
    return replace(paging, items=found["items"] or "", total=found["total"])


async def _asked(source: JsonApi, settings: Settings) -> Answer:
    """Ask for one page, by the guarded way that every page is asked for."""
    secrets = Secrets(settings.environment, source.url)
    async with Transport(settings.environment, source.limits, secrets=secrets) as transport:
        return await transport.get(fill(source.url, settings.environment))


def _archive(chosen: argparse.Namespace, settings: Settings) -> Source:
    """Declare the members of the commonest kind of file, and pin the archive's checksum."""
    url = _needed(chosen.url, "url", "archive", "https://data.example.org/ratings.zip")
    whole = Archive(chosen.name, url, chosen.members or "*", Delimited(), licence=chosen.licence)
    sample = _looked(whole, settings, _MEMBERS, rows=0)
    names = {looked.landing.origin.url.rpartition("!/")[2]: looked.start for looked in sample.bodies}
    suffixes = Counter(PurePosixPath(name).suffix.lower() for name in names)
    suffix = next((one for one, _ in suffixes.most_common() if one in READERS), "")
    members = chosen.members or (f"*{suffix}" if suffix else "*")
    first = next((body for name, body in names.items() if name.lower().endswith(suffix)), b"")
    archive = sample.fetched.cursor.get("archive", {}) if sample.fetched else {}
    return replace(whole, members=members, reader=reader_of(members, first), sha256=archive.get("sha256"))


def _start_of_files(name: str, glob: str, settings: Settings) -> bytes:
    """Give how the first of the files or objects begins."""
    if is_object_glob(glob):
        sample = _looked(Files(name, glob, Delimited()), settings, 1, rows=0)
        return sample.bodies[0].start if sample.bodies else b""
    for path in sorted(settings.files.glob(glob)):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(START)
    return b""


def _field(word: str) -> tuple[str, str]:
    name, equals, selector = word.partition("=")
    if not equals or not name or not selector:
        raise UserError(f"--field {word} cannot be read", hint="write name=selector, such as text=p.text")
    return name, selector


def _needed(value: str | None, option: str, kind: str, example: str) -> str:
    if not value:
        raise UserError(f"a source of the kind {kind} needs --{option}", hint=f"--{option} '{example}'")
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
