import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from connectors.crawl import Crawl
from connectors.transport import Limits
from dq.errors import ConfigError, DecodeError, FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Source, Surroundings
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
QUICK = Limits(deadline=20.0, attempts=1)


def page(number: int, following: str | None, text: str = "text") -> str:
    link = f'<a rel="next" href="{following}">next</a>' if following else ""
    return f'<article data-id="{number}"><p>{text} {number}</p></article>{link}'


def pages(site: ToldSite, count: int) -> None:
    for number in range(1, count + 1):
        following = f"page-{number + 1}.html" if number < count else None
        site.gives_tagged(f"/posts/page-{number}.html", page(number, following), f'"{number}"')


def crawl(start: str = "${DQ_SAMPLE_SITE}/posts/page-1.html", **more: Any) -> Crawl:
    more = {"record": "article", "fields": {"id": "@data-id", "text": "p"}, "limits": QUICK, **more}
    return Crawl("demo__posts", start, **more)


def test_it_follows_the_links_and_reads_the_records(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """Pages land in the order of the links, and each record is a row that leads back to its page."""
    pages(site, 5)
    source = crawl()
    assert isinstance(source, Source)
    fetched = source.fetch({}, around(source, site.environment))
    batch = decode_all(source, fetched.current, store)
    assert batch.rows["text"].to_list() == [f"text {n}" for n in range(1, 6)]
    assert [landing.origin.url for landing in fetched.current] == [
        f"{site.url}/posts/page-{n}.html" for n in range(1, 6)
    ]
    assert batch.rows["_landing_id"].to_list() == [landing.landing_id for landing in fetched.current]
    assert fetched.counts["landings_new"] == 5


def test_a_second_run_asks_only_whether_pages_have_changed(site: ToldSite, around: Around) -> None:
    """The cursor survives JSON; with it every page is a 304 and nothing lands; the landings are the same."""
    pages(site, 5)
    source = crawl()
    first = source.fetch({}, around(source, site.environment))
    again = source.fetch(json.loads(json.dumps(first.cursor)), around(source, site.environment))
    assert again.current == first.current
    assert again.cursor == first.cursor
    assert (again.counts["not_modified"], again.counts["landings_new"]) == (5, 0)


def test_a_page_without_an_etag_is_asked_for_by_its_date(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """Last-Modified goes back as If-Modified-Since, as it came; a 304 to it lands nothing, a later date lands anew."""
    first, later = "Mon, 02 Nov 2026 10:00:00 GMT", "Tue, 03 Nov 2026 10:00:00 GMT"
    now = {"date": first, "text": "old"}

    def dated(request: Request) -> None:
        headers = {"last-modified": now["date"]}
        if request.headers.get("if-modified-since") == now["date"]:
            request.reply(b"", 304, headers)
        else:
            request.reply(page(1, None, now["text"]).encode(), 200, headers)

    site.pages["/posts/page-1.html"] = dated
    source = crawl()
    before = source.fetch({}, around(source, site.environment))
    again = source.fetch(json.loads(json.dumps(before.cursor)), around(source, site.environment))
    assert again.current == before.current
    assert (again.counts["not_modified"], again.counts["landings_new"]) == (1, 0)
    assert again.counts["bytes_saved"] == before.current[0].origin.size_bytes
    assert site.log[-1][1]["if-modified-since"] == first
    now |= {"date": later, "text": "new"}
    after = source.fetch(again.cursor, around(source, site.environment))
    assert decode_all(source, after.current, store).rows["text"].to_list() == ["new 1"]


def test_only_what_has_changed_lands(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A changed page is a new landing, a page that is linked no more leaves, a new one comes."""
    pages(site, 3)
    source = crawl()
    first = source.fetch({}, around(source, site.environment))
    site.gives_tagged("/posts/page-2.html", page(2, "extra.html", "changed"), '"2b"')
    site.gives_tagged("/posts/extra.html", page(9, None), '"9"')
    second = source.fetch(first.cursor, around(source, site.environment))
    assert [second.current[0] == first.current[0], second.current[1] == first.current[1]] == [True, False]
    assert decode_all(source, second.current, store).rows["text"].to_list() == [
        "text 1",
        "changed 2",
        "text 9",
    ]
    assert second.counts["landings_new"] == 2
    assert len(second.cursor["landings"]) == 3


def test_a_changed_declaration_is_not_served_from_memory(site: ToldSite, around: Around) -> None:
    """Links remembered from another `follow` are not followed: pages are read again, and keep their landings."""
    pages(site, 3)
    first = crawl(follow=None).fetch({}, around(crawl(), site.environment))
    assert len(first.current) == 1
    second = crawl().fetch(json.loads(json.dumps(first.cursor)), around(crawl(), site.environment))
    assert len(second.current) == 3
    assert second.current[0] == first.current[0]
    assert second.counts["landings_new"] == 2


def test_a_known_page_that_is_gone_and_linked_no_more_is_no_error(site: ToldSite, around: Around) -> None:
    """A page may go, as long as nothing leads to it."""
    pages(site, 3)
    source = crawl()
    first = source.fetch({}, around(source, site.environment))
    del site.pages["/posts/page-3.html"]
    site.gives_tagged("/posts/page-2.html", page(2, None), '"2b"')
    assert len(source.fetch(first.cursor, around(source, site.environment)).current) == 2


def test_a_hole_in_the_crawl_is_an_error(site: ToldSite, around: Around) -> None:
    """A linked page that cannot be had fails the source: half a crawl is never taken for all of it."""
    pages(site, 3)
    del site.pages["/posts/page-2.html"]
    source = crawl()
    with pytest.raises(FetchError, match="HTTP 404") as caught:
        source.fetch({}, around(source, site.environment))
    assert caught.value.where == f"{site.url}/posts/page-2.html"


def test_several_holes_are_counted(site: ToldSite, around: Around) -> None:
    """The error says how many of how many pages could not be had."""
    links = "".join(f'<a rel="next" href="/posts/x{n}.html">' for n in range(5))
    site.gives("/posts/page-1.html", page(1, None) + links)
    site.gives("/posts/x3.html", page(3, None))
    source = crawl()
    with pytest.raises(FetchError, match=r"HTTP 404 \(4 of 5\)"):
        source.fetch({}, around(source, site.environment))


def test_the_client_says_who_it_is(site: ToldSite, around: Around) -> None:
    """Every request names dq, or what DQ_USER_AGENT says; robots.txt is read for that name."""
    pages(site, 1)
    source = crawl()
    source.fetch({}, around(source, site.environment))
    assert all(headers["user-agent"].startswith("dq/") for _, headers in site.log)
    site.gives("/robots.txt", "User-agent: acme-bot\nDisallow: /\n")
    with pytest.raises(FetchError, match="robots"):
        source.fetch({}, around(source, {**site.environment, "DQ_USER_AGENT": "acme-bot/2"}))
    assert site.log[-1][1]["user-agent"] == "acme-bot/2"


def test_a_crawl_delay_is_kept(site: ToldSite, around: Around) -> None:
    """Three pages at a fifth of a second each take at least as long as the site asks."""
    site.gives("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\n")
    pages(site, 3)
    source = crawl()
    start = time.monotonic()
    source.fetch({}, around(source, site.environment))
    assert time.monotonic() - start >= 0.4


def test_the_same_bytes_without_validators_do_not_land_twice(site: ToldSite, around: Around) -> None:
    """A site that knows no ETag is asked in full, but unchanged pages keep their landings."""
    site.gives("/posts/page-1.html", page(1, None))
    source = crawl()
    first = source.fetch({}, around(source, site.environment))
    again = source.fetch(first.cursor, around(source, site.environment))
    assert again.current == first.current
    assert (again.counts["landings_new"], again.counts["not_modified"]) == (0, 0)


def test_robots_txt_is_obeyed(site: ToldSite, around: Around) -> None:
    """A disallowed link is not asked for, and counted; a disallowed start is an error that says so."""
    site.gives("/robots.txt", "User-agent: *\nDisallow: /posts/page-2\n")
    pages(site, 3)
    source = crawl()
    fetched = source.fetch({}, around(source, site.environment))
    assert (len(fetched.current), fetched.counts["refused"]) == (1, 1)
    assert "/posts/page-2.html" not in site.paths
    site.gives("/robots.txt", "User-agent: dq\nDisallow: /\n")
    with pytest.raises(FetchError, match=r"robots\.txt does not allow"):
        source.fetch({}, around(source, site.environment))


def test_robots_txt_in_trouble_means_wait(site: ToldSite, around: Around) -> None:
    """While a site cannot say what it allows, nothing is fetched from it."""
    pages(site, 1)
    site.gives("/robots.txt", "", status=500)
    source = crawl()
    with pytest.raises(FetchError, match="HTTP 500"):
        source.fetch({}, around(source, site.environment))
    assert site.paths == ["/robots.txt"]


def test_other_hosts_are_not_followed(site: ToldSite, around: Around) -> None:
    """A link to another host is left alone, as is what is no address."""
    links = "".join(
        f'<a rel="next" href="{href}">x</a>' for href in ("http://elsewhere.example/", "mailto:a@b", "#top")
    )
    site.gives("/posts/page-1.html", page(1, None) + links)
    source = crawl()
    assert len(source.fetch({}, around(source, site.environment)).current) == 1


def test_a_circle_of_links_ends(site: ToldSite, around: Around) -> None:
    """Each page is visited once, however its address is written."""
    site.gives("/posts/page-1.html", page(1, "page-2.html?b=1&a=2"))
    site.gives("/posts/page-2.html", page(2, "page-2.html?a=2&b=1#x"))
    source = crawl()
    assert len(source.fetch({}, around(source, site.environment)).current) == 2


def test_two_spellings_of_one_page_are_one_page(site: ToldSite, around: Around) -> None:
    """Two links side by side that differ in the order of the query, or a fragment, do not double its rows."""
    links = "".join(
        f'<a rel="next" href="/posts/x{query}">' for query in ("?a=1&b=2", "?b=2&a=1", "?a=1&b=2#c")
    )
    site.gives("/posts/page-1.html", page(1, None) + links)
    site.gives("/posts/x", page(2, None))
    source = crawl()
    assert len(source.fetch({}, around(source, site.environment)).current) == 2
    assert len(site.log) == 3


def test_more_pages_than_allowed_is_an_error(site: ToldSite, around: Around) -> None:
    """A site that never ends is not cut off in silence."""
    pages(site, 5)
    source = crawl(max_pages=4)
    with pytest.raises(FetchError, match="more than 4 pages"):
        source.fetch({}, around(source, site.environment))


def test_a_page_that_lacks_a_field_does_not_harm_the_others(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """A broken page is in quarantine with URL, record and field; all other pages' rows arrive."""
    pages(site, 3)
    site.gives("/posts/page-2.html", '<article data-id="2"><b>?</b></article><a rel=next href=page-3.html>')
    source = crawl()
    batch = decode_all(source, source.fetch({}, around(source, site.environment)).current, store)
    assert batch.rows["id"].to_list() == ["1", "3"]
    [reason] = batch.rejects["_reasons"][0]
    assert reason == {
        "rule": "selector:text",
        "dimension": "completeness",
        "column": "text",
        "value": f"{site.url}/posts/page-2.html, record 1: no text (p)",
    }


def test_gbk_pages_with_a_lying_page_come_out_right(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """The header says GBK, the page says gb2312, and it holds a character that gb2312 lacks."""
    body = '<meta charset="gb2312"><article data-id="1"><p>朱镕基</p></article>'.encode("gbk")
    site.gives("/posts/page-1.html", body, content_type="text/html; charset=GBK")
    source = crawl()
    batch = decode_all(source, source.fetch({}, around(source, site.environment)).current, store)
    assert batch.rows["text"].to_list() == ["朱镕基"]


def test_a_parser_of_ones_own(site: ToldSite, around: Around, store: LandingStore) -> None:
    """`parse` gets a BeautifulSoup; its dicts become rows of text; what it raises harms that page alone."""

    def parse(soup: BeautifulSoup) -> list[dict[str, Any]]:
        return [{"n": int(soup.article["data-id"]), "text": soup.p.text}]

    pages(site, 3)
    site.gives("/posts/page-2.html", "<h1>closed</h1><a rel=next href=page-3.html>")
    source = crawl(record=None, fields={}, parse=parse)
    fetched = source.fetch({}, around(source, site.environment))
    batch = decode_all(source, fetched.current, store)
    assert batch.rows.select("n", "text").rows() == [("1", "text 1"), ("3", "text 3")]
    assert batch.rejects["_reasons"][0][0]["value"].startswith(
        f"{site.url}/posts/page-2.html: parse failed: TypeError"
    )
    with pytest.raises(DecodeError, match="parse failed"):
        decode_all(source, fetched.current[1:2], store)


def test_a_declaration_needs_one_way_to_read() -> None:
    """Neither selectors nor a parser, or both, is told when the declaration is made."""
    with pytest.raises(ConfigError, match="either record and fields, or parse"):
        Crawl("demo__x", "http://h/")
    with pytest.raises(ConfigError, match="either"):
        Crawl("demo__x", "http://h/", record="a", fields={"b": "c"}, parse=lambda soup: [])


def test_the_sample_site_crawled_gives_every_post(
    sample_site: str, around: Around, store: LandingStore
) -> None:
    """4,200 posts on 210 pages, each once, in order."""
    source = Crawl(
        "social__posts",
        "${DQ_SAMPLE_SITE}/social/posts/page-001.html",
        record="article.post",
        fields={"post_id": "@data-id", "text": "p.text"},
    )
    fetched = source.fetch({}, around(source, {"DQ_SAMPLE_SITE": sample_site}))
    batch = decode_all(source, fetched.current, store)
    assert (len(fetched.current), batch.records, batch.rejects.height) == (210, 4200, 0)
    assert batch.rows["post_id"].to_list() == [str(n) for n in range(1, 4201)]


@pytest.mark.parametrize("replaced", [{}, {"read": "/2"}, {"record": "article.post", "fields": {"v": "b"}}])
def test_what_is_read_on_the_way_is_what_the_landing_says(
    site: ToldSite, around: Around, store: LandingStore, replaced: dict[str, Any]
) -> None:
    """Records read from the tree that a page's links were found in equal those decoded from its landed bytes."""
    for number in range(1, 4):
        following = f'<a rel=next href="/{number + 1}">on</a>' if number < 3 else ""
        site.gives(f"/{number}", f'<article class="post" id="{number}"><p>é</p></article>{following}')
    source = Crawl(
        "demo__posts",
        "${DQ_SAMPLE_SITE}/1",
        **{"record": "article.post", "fields": {"v": "@id", "p": "p"}, **replaced},
    )
    fetched = source.fetch({}, around(source, site.environment))
    assert set(fetched.decoded) == {landing.landing_id for landing in fetched.current}
    for landing in fetched.current:
        landed, read = source.decode(landing, store.read(landing)), fetched.decoded[landing.landing_id]
        assert read.rows.equals(landed.rows)
        assert read.rejects.equals(landed.rejects)
    assert not source.fetch(fetched.cursor, around(source, site.environment)).decoded
