"""How far a crawl goes: sitemaps, link rules, depth; and the log that says so of every address."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.crawl import Crawl
from connectors.link_rules import Links
from connectors.transport import Limits
from dq.errors import ConfigError, FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Surroundings
from tests.connectors.told_site import ToldSite

Around = Callable[..., Surroundings]
QUICK = Limits(deadline=20.0, attempts=1)


def crawl(start: str | tuple[str, ...] = "${DQ_SAMPLE_SITE}/", **more: Any) -> Crawl:
    return Crawl("demo__posts", start, **{"record": "p", "fields": {"text": "@id"}, "limits": QUICK, **more})


def sitemap(site: ToldSite, **pages: str | None) -> bytes:
    urls = "".join(
        f"<url><loc>{site.url}/{path}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</url>"
        for path, lastmod in pages.items()
    )
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    )
    return f"{head}{urls}</urlset>".encode()


def index(*urls: str) -> bytes:
    maps = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}</sitemapindex>'.encode()


def linking(site: ToldSite, path: str, *hrefs: str) -> None:
    site.gives(path, f'<p id="{path}"></p>' + "".join(f'<a href="{href}">x</a>' for href in hrefs))


def texts(source: Crawl, around: Around, site: ToldSite, store: LandingStore) -> list[str | None]:
    fetched = source.fetch({}, around(source, site.environment))
    return decode_all(source, fetched.current, store).rows["text"].to_list()


def test_a_sitemap_lists_the_pages(site: ToldSite, around: Around, store: LandingStore) -> None:
    """robots.txt names an index, the index a gzipped sitemap and a plain list: every page arrives, once, in order."""
    for path in ("/a", "/b", "/c"):
        linking(site, path)
    site.gives("/robots.txt", f"User-agent: *\nAllow: /\nSitemap: {site.url}/index.xml\n")
    site.gives("/index.xml", index(f"{site.url}/one.xml.gz", f"{site.url}/two.txt", f"{site.url}/one.xml.gz"))
    site.gives("/one.xml.gz", gzip.compress(sitemap(site, a=None, b="2026-01-01")))
    site.gives("/two.txt", f"{site.url}/b\n{site.url}/c\nhttp://elsewhere.example/d\n")
    source = crawl((), sitemap="${DQ_SAMPLE_SITE}/robots.txt")
    assert texts(source, around, site, store) == ["/a", "/b", "/c"]


def test_what_has_not_changed_by_lastmod_is_not_asked_for(site: ToldSite, around: Around) -> None:
    """The second run asks for the page whose lastmod is new and for the one that has none, and for no other."""
    for path in ("/a", "/b", "/c"):
        linking(site, path)
    site.gives("/map", sitemap(site, a="2026-01-01", b="2026-01-01", c=None))
    source = crawl((), sitemap="${DQ_SAMPLE_SITE}/map")
    first = source.fetch({}, around(source, site.environment))
    site.log.clear()
    site.gives("/map", sitemap(site, a="2026-01-01", b="2026-02-02", c=None))
    second = source.fetch(json.loads(json.dumps(first.cursor)), around(source, site.environment))
    assert sorted(site.paths) == ["/b", "/c", "/map", "/robots.txt"]
    assert second.current == first.current
    assert second.counts["skipped_by_lastmod"] == 1
    third = source.fetch(second.cursor, around(source, site.environment))
    assert third.counts["skipped_by_lastmod"] == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><h1>Not here</h1></html>", "holds <html>"),
        (gzip.compress(b"\0" * (60 << 20), mtime=0), "grows beyond"),
        (gzip.compress(b"<urlset/>", mtime=0)[:-9], "cut off"),
    ],
)
def test_a_sitemap_that_is_none_is_an_error(site: ToldSite, around: Around, body: bytes, words: str) -> None:
    """A page in its place, a bomb, a cut file: the error names the sitemap; nothing is fetched by half a list."""
    site.gives("/map", body)
    source = crawl((), sitemap="${DQ_SAMPLE_SITE}/map")
    with pytest.raises(FetchError, match=words) as caught:
        source.fetch({}, around(source, site.environment))
    assert caught.value.where == f"{site.url}/map"


def test_a_sitemap_with_entities_does_not_grow(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A billion laughs in a sitemap are not laughed."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    body = sitemap(site, a=None).replace(b"<urlset", f"<!DOCTYPE x [{laughs}]>\n<urlset".encode())
    linking(site, "/a")
    site.gives("/map", body.replace(b"</urlset>", b"<url><loc>/b&l9;</loc></url></urlset>"))
    site.gives("/b", "")
    assert texts(crawl((), sitemap="${DQ_SAMPLE_SITE}/map"), around, site, store)[0] == "/a"


def test_link_rules_and_depth_bound_the_walk(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Denied, not allowed, too deep, elsewhere: none is asked for, and the log gives each its reason."""
    linking(
        site,
        "/",
        "/post/1?utm_source=home",
        "/post/1",
        "/about",
        "/post/9?print=1",
        "http://other.example/post/1",
    )
    linking(site, "/post/1", "/post/2")
    linking(site, "/post/2", "/post/3")
    site.gives("/robots.txt", "User-agent: *\nDisallow: /post/secret\n")
    linking(site, "/post/1", "/post/2", "/post/secret")
    source = crawl(follow=Links(allow="/post/", deny=("print=",)), max_depth=2)
    fetched = source.fetch({}, around(source, site.environment))
    rows = decode_all(source, fetched.current, store).rows
    assert rows["text"].to_list() == ["/", "/post/1", "/post/2"]
    assert site.paths == ["/robots.txt", "/", "/post/1", "/post/2"]
    log = {
        visit.url.removeprefix(site.url): (visit.outcome, visit.why, visit.depth, visit.found_on)
        for visit in fetched.visits
    }
    home = f"{site.url}/"
    assert log == {
        "/": ("landed", "start", 0, None),
        "/post/1": ("landed", "link", 1, home),
        "/about": ("refused", "no allow", 1, home),
        "/post/9?print=1": ("refused", "deny print=", 1, home),
        "http://other.example/post/1": ("refused", "another host", 1, home),
        "/post/2": ("landed", "link", 2, f"{site.url}/post/1"),
        "/post/secret": ("refused", "robots.txt", 2, f"{site.url}/post/1"),
        "/post/3": ("refused", "max_depth 2", 3, f"{site.url}/post/2"),
    }
    assert (fetched.counts["refused"], fetched.counts["not_followed"]) == (1, 4)


def test_pages_that_only_lead_on_are_not_read(site: ToldSite, around: Around, store: LandingStore) -> None:
    """With `read`, lists give no row and no reject; their links are followed."""
    site.gives("/", '<a href="/post/1">x</a>')
    linking(site, "/post/1")
    source = crawl(follow="a", read="/post/")
    fetched = source.fetch({}, around(source, site.environment))
    batch = decode_all(source, fetched.current, store)
    assert (len(fetched.current), batch.records, batch.rejects.height) == (2, 1, 0)


def test_a_secret_in_the_address_is_nowhere(
    site: ToldSite, around: Around, store: LandingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key of the start, which the site echoes in links and headers, is in no landing's address, cursor, log,
    message or WARC header; and still every page is asked for with it, in the second run too. Bodies stay as they are.
    """
    for number in (1, 2, 3):
        site.gives_tagged(
            f"/{number}", f'<p id="{number}"></p><a href="/{number + 1}?key=s3cr3t-k">x</a>', f'"{number}"'
        )
    site.gives("/4", '<p id="4"></p>', x_echo="key=s3cr3t-k")
    source = crawl("${DQ_SAMPLE_SITE}/1?key=${KEY}", follow="a")
    environment = {**site.environment, "KEY": "s3cr3t-k"}
    said: list[str] = []
    heard = replace(around(source, environment), progress=said.append)
    first = source.fetch({}, heard)
    second = source.fetch(json.loads(json.dumps(first.cursor)), heard)
    archived = b"".join(gzip.decompress(path.read_bytes()) for path in store.root.rglob("*.warc.gz"))
    assert archived.count(b"s3cr3t-k") == 3
    assert b"x-echo: key=${KEY}" in archived
    assert [path for path in site.paths if "$" in path] == []
    assert second.counts["not_modified"] == 3
    shown = (
        json.dumps(first.cursor) + repr(first) + repr(second) + "".join(said) + "".join(capsys.readouterr())
    )
    assert "s3cr3t-k" not in shown
    assert "${KEY}" in shown
    assert decode_all(source, first.current, store).rows["text"].to_list() == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"start": ()}, "start or a sitemap"),
        ({"read": "("}, "regular expression"),
    ],
)
def test_a_declaration_that_cannot_work_is_told(more: dict[str, Any], words: str) -> None:
    """When it is made, not when it runs."""
    with pytest.raises(ConfigError, match=words):
        crawl(**more)
    with pytest.raises(ConfigError, match="regular expression"):
        Links(allow="[")
