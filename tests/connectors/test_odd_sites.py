"""Sites as they are found in the world: whatever their links, their encodings, their sessions and their ends."""

import codecs
import gzip
import http.server
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.address import host_of
from connectors.crawl import Crawl
from connectors.link_rules import Links
from connectors.transport import Limits
from dq.errors import FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Fetched, Surroundings
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
QUICK = Limits(deadline=20.0, attempts=1)


def crawl(start: str | tuple[str, ...] = "${DQ_SAMPLE_SITE}/", **more: Any) -> Crawl:
    more = {"record": "p", "fields": {"id": "@id"}, "limits": QUICK, "follow": "a", "rate": None, **more}
    return Crawl("demo__posts", start, **more)


def page(name: str, *hrefs: str, head: str = "") -> str:
    links = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    return f'<html><head>{head}</head><body><p id="{name}"></p>{links}</body></html>'


def ids(source: Crawl, fetched: Fetched, store: LandingStore) -> list[str | None]:
    return decode_all(source, fetched.current, store).rows["id"].to_list()


def log(fetched: Fetched, site: ToldSite) -> dict[str, tuple[str, str]]:
    return {one.url.removeprefix(site.url): (one.outcome, one.why) for one in fetched.visits}


def test_links_are_relative_to_the_base_that_a_page_names(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """`<base>` may be relative itself; dots, fragments, empty and foreign links do what a browser does."""
    site.gives(
        "/",
        page(
            "home",
            "a",
            "../c/b",
            "#top",
            "",
            "javascript:void(0)",
            "data:text/html,x",
            "a#end",
            head='<base href="/x/y/">',
        ),
    )
    site.gives("/x/y/a", page("a"))
    site.gives("/x/c/b", page("b"))
    site.gives("/x/y/", page("base"))
    source = crawl()
    assert ids(source, source.fetch({}, around(source, site.environment)), store) == [
        "home",
        "a",
        "b",
        "base",
    ]


def test_a_page_that_sends_its_reader_on_is_followed(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """A meta refresh leads on, also where no link is followed; the page itself holds no record and is no reject. One
    that only reloads itself is a page like any other.
    """
    refresh = '<meta http-equiv="Refresh" content="0;URL=\'/real\'">'
    site.gives("/", f"<html><head>{refresh}</head></html>")
    site.gives("/real", page("real", head='<meta http-equiv=refresh content="300">'))
    for follow in ("a", None):
        source = crawl(follow=follow)
        batch = decode_all(source, source.fetch({}, around(source, site.environment)).current, store)
        assert (batch.rows["id"].to_list(), batch.rejects.height) == (["real"], 0)


def test_two_addresses_that_lead_to_one_page_do_not_double_its_rows(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """/a is redirected to /a/, in two hops, and both are linked: one set of rows, the log says why; and so again when
    nothing has changed.
    """
    site.gives("/", page("home", "/a", "/a/", "/old"))
    site.gives("/a", "", 301, location="/a/?")
    site.gives("/old", "", 302, location="/a")
    site.gives_tagged("/a/", page("a"), '"1"')
    source = crawl()
    first = source.fetch({}, around(source, site.environment))
    second = source.fetch(json.loads(json.dumps(first.cursor)), around(source, site.environment))
    for fetched in (first, second):
        assert ids(source, fetched, store) == ["home", "a"]
        assert log(fetched, site)["/old"] == ("refused", f"the same page as {site.url}/a/")
    assert second.current == first.current


def test_a_redirect_is_no_way_around_the_rules(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A page that robots.txt forbids, or another host, is not fetched by way of a redirect, and the log says so."""
    other = site.url.replace("127.0.0.1", "localhost")
    site.gives("/robots.txt", "User-agent: *\nDisallow: /secret\n")
    site.gives("/", page("home", "/one", "/two"))
    site.gives("/one", "", 302, location="/secret/1")
    site.gives("/two", "", 302, location=f"{other}/elsewhere")
    site.gives("/secret/1", page("secret"))
    source = crawl()
    allowed = {**site.environment, "DQ_ALLOW_HOSTS": other.removeprefix("http://")}
    fetched = source.fetch({}, around(source, allowed))
    assert ids(source, fetched, store) == ["home"]
    assert log(fetched, site)["/one"] == ("refused", f"robots.txt, redirected to {site.url}/secret/1")
    assert log(fetched, site)["/two"] == ("refused", f"another host, redirected to {other}/elsewhere")
    assert not {"/secret/1", "/elsewhere"} & set(site.paths)
    site.gives("/", "", 302, location="/secret/1")
    with pytest.raises(FetchError, match=r"robots\.txt does not allow this page"):
        source.fetch({}, around(source, allowed))


def test_a_start_that_moved_to_another_host_is_followed_there(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """example.org answers as www.example.org: the links there are its own, in the next run too."""
    other = site.url.replace("127.0.0.1", "localhost")
    site.gives("/", "", 301, location=f"{other}/home")
    site.gives_tagged("/home", page("home", "/a"), '"h"')
    site.gives("/a", page("a"))
    source = crawl()
    allowed = {**site.environment, "DQ_ALLOW_HOSTS": other.removeprefix("http://")}
    first = source.fetch({}, around(source, allowed))
    assert ids(source, first, store) == ["home", "a"]
    again = source.fetch(json.loads(json.dumps(first.cursor)), around(source, allowed))
    assert (again.current, again.counts["landings_new"]) == (first.current, 0)


def test_session_ids_do_not_make_a_site_endless(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Each page links to each under a session of its own; every page is read once."""
    count = iter(range(10_000))

    def fresh(name: str) -> Callable[[Request], None]:
        def give(request: Request) -> None:
            session = next(count)
            body = page(name, f"/?PHPSESSID={session}&b=1&a=2", f"/a;jsessionid={session}?a=2&b=1")
            request.reply(body.encode())

        return give

    site.pages["/"], site.pages["/a"] = fresh("home"), fresh("a")
    source = crawl(max_pages=9)
    assert ids(source, source.fetch({}, around(source, site.environment)), store) == ["home", "home", "a"]


def test_an_endless_calendar_ends(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Every month has a next one: by depth it ends with a word in the log, without bounds it fails at max_pages."""

    def month(request: Request) -> None:
        number = int(request.path.partition("=")[2] or 0)
        request.reply(page(str(number), f"/?month={number + 1}").encode())

    site.pages["/"] = month
    source = crawl(max_depth=3)
    fetched = source.fetch({}, around(source, site.environment))
    assert ids(source, fetched, store) == ["0", "1", "2", "3"]
    assert log(fetched, site)["/?month=4"] == ("refused", "max_depth 3")
    with pytest.raises(FetchError, match="more than 7 pages"):
        replace(source, max_depth=None, max_pages=7).fetch({}, around(source, site.environment))


def test_a_cookie_that_paging_needs_is_kept(site: ToldSite, around: Around, store: LandingStore) -> None:
    """The first page gives a session, the others want it; it is in no landing and no cursor."""
    site.gives("/", page("home", "/2"), set_cookie="session=c00kie-c00kie; Path=/; HttpOnly")

    def second(request: Request) -> None:
        known = "session=c00kie-c00kie" in request.headers.get("cookie", "")
        request.reply(page("two" if known else "login").encode())

    site.pages["/2"] = second
    source = crawl()
    fetched = source.fetch({}, around(source, site.environment))
    assert ids(source, fetched, store) == ["home", "two"]
    archived = b"".join(gzip.decompress(path.read_bytes()) for path in store.root.rglob("*.warc.gz"))
    assert b"c00kie" not in archived
    assert "c00kie" not in json.dumps(fetched.cursor) + repr(fetched)


@pytest.mark.parametrize(
    ("encoding", "declared", "text"),
    [
        ("gbk", "iso-8859-1", "朱镕基说中文网页的编码常常写错"),
        ("gb18030", "gb2312", "𠀀字在扩展区里面，镕字也不在二三一二里"),
        ("big5", "utf-8", "台灣的網頁多半用大五碼，標頭卻寫成別的"),
        ("shift_jis", "utf-8", "日本語のページは文字コードを間違えることがあります"),
        ("utf-16", "utf-8", "ASCII and 中文 in UTF-16 with a mark"),
        ("utf-8", "gbk", "其实是 UTF-8 的页面，却说自己是 GBK"),
        ("euc-jp", "utf-8", "日本語のページは文字コードを間違えることがあります"),
        ("cp1252", "utf-8", "L'été dernier à la plage, où le café était fermé"),
        ("euc-kr", "utf-8", "한국어 페이지의 문자 집합은 자주 틀립니다"),
    ],
)
def test_pages_that_lie_of_their_charset_are_read(
    site: ToldSite, around: Around, store: LandingStore, *, encoding: str, declared: str, text: str
) -> None:
    """What `<meta>` says is another encoding than that of the bytes."""
    body = f'<meta charset="{declared}"><p id="{text}"></p>'.encode(encoding)
    assert codecs.lookup(encoding).name != codecs.lookup(declared).name
    site.gives("/", body)
    source = crawl()
    assert ids(source, source.fetch({}, around(source, site.environment)), store) == [text]


def test_a_link_in_a_gbk_page_asks_in_gbk(site: ToldSite, around: Around, store: LandingStore) -> None:
    """As browsers do: the query in the page's encoding, the path in UTF-8."""
    body = '<meta charset="gbk"><p id="1"></p><a href="/词/?q=中文&amp;n=1">x</a>'.encode("gbk")
    site.gives("/", body)
    site.gives("/%E8%AF%8D/?q=%D6%D0%CE%C4&n=1", page("2"))
    source = crawl()
    assert ids(source, source.fetch({}, around(source, site.environment)), store) == ["1", "2"]


def test_dead_links_fail_a_crawl_unless_some_are_allowed(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """By default a hole is an error that says how to allow it; `gone` takes up to that share and names each; a dead
    start, or more than the share, is an error all the same.
    """
    site.gives("/", page("home", "/a", "/dead", "/gone"))
    site.gives("/a", page("a"))
    site.gives("/gone", "", status=410)
    with pytest.raises(FetchError, match="HTTP 4") as told:
        crawl().fetch({}, around(crawl(), site.environment))
    assert "gone=" in (told.value.hint or "")
    source = crawl(gone=0.5)
    fetched = source.fetch({}, around(source, site.environment))
    assert ids(source, fetched, store) == ["home", "a"]
    assert log(fetched, site)["/dead"] == ("gone", "HTTP 404")
    assert log(fetched, site)["/gone"] == ("gone", "HTTP 410")
    assert fetched.counts["gone"] == 2
    strict = crawl(gone=0.4)
    with pytest.raises(FetchError, match=r"more dead links than gone=0\.4 allows \(2 of 4\)"):
        strict.fetch({}, around(strict, site.environment))
    lost = crawl("${DQ_SAMPLE_SITE}/dead", gone=1.0)
    with pytest.raises(FetchError, match="HTTP 404"):
        lost.fetch({}, around(lost, site.environment))


def test_what_a_page_says_to_search_engines_is_no_law_unless_declared(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """nofollow, noindex and X-Robots-Tag speak to indexes; robots.txt is what is obeyed. A selector obeys nofollow."""
    site.gives(
        "/",
        '<meta name="robots" content="noindex, nofollow"><link rel="canonical" href="/other"><p id="1"></p>'
        '<a rel="ugc nofollow" href="/2">x</a><a href="/3">x</a>',
        x_robots_tag="noindex",
    )
    site.gives("/2", page("2"))
    site.gives("/3", page("3"))
    source, polite = crawl(), crawl(follow=Links(scope="a:not([rel~=nofollow])"))
    assert ids(source, source.fetch({}, around(source, site.environment)), store) == ["1", "2", "3"]
    assert ids(polite, polite.fetch({}, around(polite, site.environment)), store) == ["1", "3"]


SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{}/a</loc></url>{}</urlset>'


def test_sitemaps_in_any_encoding_and_none_that_is_cut(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """UTF-16, and an ampersand that is not escaped, are read; half a sitemap is no sitemap, an empty one no site."""
    site.gives("/a", page("a"))
    site.gives("/b?x=1&y=2", page("b"))
    source = crawl((), sitemap="${DQ_SAMPLE_SITE}/map")
    whole = SITEMAP.format(site.url, f"<url><loc>{site.url}/b?x=1&y=2</loc></url>")
    for body in (whole.encode(), f'<?xml version="1.0" encoding="UTF-16"?>{whole}'.encode("utf-16")):
        site.gives("/map", body)
        assert ids(source, source.fetch({}, around(source, site.environment)), store) == ["a", "b"]
    for body, words in (
        (whole[:-40], "cut off"),
        (SITEMAP.format(site.url, "")[:60] + "</urlset>", "none is listed"),
    ):
        site.gives("/map", body)
        with pytest.raises(FetchError, match=words):
            source.fetch({}, around(source, site.environment))
    site.gives("/map", whole)
    site.gives("/robots.txt", "User-agent: *\nDisallow: /\n")
    with pytest.raises(FetchError, match=r"no page that may be fetched: robots\.txt \(2 of 2\)"):
        source.fetch({}, around(source, site.environment))


def test_a_robots_txt_with_a_byte_order_mark_is_obeyed(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """And of one without end the first half megabyte is read and the connection closed."""
    site.gives("/robots.txt", codecs.BOM_UTF8 + b"User-agent: *\nDisallow: /a\n")
    site.gives("/", page("home", "/a", "/b"))
    site.gives("/b", page("b"))
    source = crawl()
    assert ids(source, source.fetch({}, around(source, site.environment)), store) == ["home", "b"]
    site.pages["/robots.txt"] = lambda request: request.raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\nUser-agent: *\nDisallow: /a\n",
        *(b"# filler\n" * 7_000 for _ in range(320)),
    )
    fetched = source.fetch({}, around(source, site.environment))
    assert ids(source, fetched, store) == ["home", "b"]
    assert fetched.counts["bytes"] < 4 << 20


def test_hosts_in_other_scripts_are_one_host_in_both_spellings() -> None:
    """An international name, and what it is in the DNS."""
    assert host_of("http://bücher.example/") == host_of("http://xn--bcher-kva.example/")


def test_an_ipv6_host_is_crawled(around: Around, store: LandingStore) -> None:
    """Its brackets and its port are kept, in links too."""

    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = {"/": page("home", "/a", f"http://[::1]:{port}/a#x"), "/a": page("a")}.get(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write((found or "").encode())

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    try:
        server = Server(("::1", 0), Handler)
    except OSError:
        pytest.skip("this machine has no IPv6")
    port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        source = crawl(f"http://[::1]:{port}/")
        with pytest.raises(FetchError, match="not on the public internet"):
            source.fetch({}, around(source))
        fetched = source.fetch({}, around(source, {"DQ_ALLOW_HOSTS": f"[::1]:{port}"}))
        assert ids(source, fetched, store) == ["home", "a"]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_refusals_are_told_with_their_reasons(site: ToldSite, around: Around) -> None:
    """In one line at the end: how many of which kind, and where each of them is."""
    site.gives("/robots.txt", "User-agent: *\nDisallow: /no\n")
    site.gives("/", page("home", "/no/1", "http://elsewhere.example/", "/no/2"))
    said: list[str] = []
    source = crawl()
    source.fetch({}, replace(around(source, site.environment), progress=said.append))
    assert said[-1] == "demo__posts: not fetched: 2 robots.txt, 1 another host; see quality.visits"
