"""Sitemaps: the addresses that a site itself lists, with the time of their last change where it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml import etree

from connectors.address import join
from connectors.body import BodyError, inflated
from connectors.robots import Robots
from connectors.transport import Transport
from dq.errors import FetchError

_LONGEST = 50 << 20  # what a sitemap may hold, by its protocol
_DEEPEST = 3
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
_BARE = re.compile(rb"&(?!(?:#\d+|#x[0-9a-fA-F]+|\w+);)")
_END = re.compile(rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>|/>\s*$")


@dataclass(frozen=True)
class Sitemap:
    """What one sitemap says: `pages` by address, with lastmod or null; `maps` are further sitemaps."""

    pages: Mapping[str, str | None] = field(default_factory=dict)
    maps: tuple[str, ...] = ()


def read_sitemap(body: bytes, url: str) -> Sitemap:
    r"""Read a sitemap, an index of sitemaps, or a plain list of addresses; each gzipped or not.

    Raises:
        FetchError: where it is none of these.

    >>> read_sitemap(b"http://h/1\nhttp://h/2\n", "http://h/sitemap.txt").pages
    {'http://h/1': None, 'http://h/2': None}

    """
    try:
        text = inflated(body, cap=_LONGEST) if body.startswith(b"\x1f\x8b") else body
    except BodyError as error:
        raise FetchError(f"the sitemap cannot be read: {error}", where=url) from None
    if not text[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        lines = text.decode("utf-8-sig", errors="replace").split()
        return Sitemap(dict.fromkeys(line for line in lines if urlsplit(line).scheme in {"http", "https"}))
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _DECLARATION.sub(b"", text.decode("utf-16", errors="replace").encode())
    text = _BARE.sub(b"&amp;", text)  # many a site forgets to escape it
    # entities are neither resolved nor loaded: a sitemap has none, a bomb has many
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(text, parser)
    kind = None if root is None else etree.QName(root).localname
    if kind not in {"urlset", "sitemapindex"}:
        raise FetchError(
            f"the sitemap cannot be read: it holds <{kind}>, not <urlset> or <sitemapindex>",
            where=url,
            hint="correct `sitemap` in the declaration; a site's robots.txt often names it",
        )
    if _END.search(text[-1000:]) is None:
        raise FetchError("the sitemap cannot be read: it is cut off", where=url)
    found: dict[str, str | None] = {}
    for entry in root:
        said = {etree.QName(part).localname: part.text for part in entry if isinstance(part.tag, str)}
        place = join(url, (said.get("loc") or "").strip()) if said.get("loc") else None
        if place is not None:
            found[place] = (said.get("lastmod") or "").strip() or None
    return Sitemap(maps=tuple(found)) if kind == "sitemapindex" else Sitemap(found)


async def listed(
    sitemaps: Sequence[str], transport: Transport, robots: Robots
) -> dict[str, tuple[str, str | None]]:
    """Give every page that these sitemaps and those below them list: the sitemap that lists it, and its lastmod.

    A `robots.txt` among them stands for the sitemaps that it names.

    Raises:
        FetchError: where one of them could not be had: a list with a hole in it is none.

    """
    pages: dict[str, tuple[str, str | None]] = {}
    wave, seen = list(sitemaps), set[str]()
    for _ in range(_DEEPEST + 1):
        below: list[str] = []
        for url in wave:
            if url in seen:
                continue
            seen.add(url)
            if urlsplit(url).path == "/robots.txt":
                below += await _named(url, robots)
                continue
            answer = await transport.get(url)
            found = read_sitemap(answer.body, url)
            below += found.maps
            for page, lastmod in found.pages.items():
                pages.setdefault(page, (url, lastmod))
        wave = below
    if wave:
        raise FetchError(
            f"sitemaps more than {_DEEPEST} deep", where=wave[0], hint="name the inner ones directly"
        )
    return pages


async def _named(url: str, robots: Robots) -> list[str]:
    found = await robots.sitemaps(url)
    if not found:
        raise FetchError("robots.txt names no sitemap", where=url, hint="name the sitemap itself").for_good()
    return found
