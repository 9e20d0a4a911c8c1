"""APIs as they are found in the world: odd totals, odd pages, odd numbers; each lost row would be one in silence."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from connectors.api import JsonApi
from connectors.child_table import ChildTable
from connectors.graphql import graphql
from connectors.json_file import JsonFile
from connectors.transport import Limits
from connectors.xml_rows import load_xml
from dq.errors import FetchError
from dq.landing import LandingStore
from dq.raw import RawBatch, decode_all
from dq.source import Surroundings
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
Query = Mapping[str, str]
QUICK = Limits(deadline=20.0, attempts=1)


def api(**more: Any) -> JsonApi:
    return JsonApi("demo__api", "${DQ_SAMPLE_SITE}/api", limits=QUICK, rate=None, **more)


def numbered(**more: Any) -> JsonApi:
    return api(**{"next": None, "page_param": "page", **more})


def answers(
    site: ToldSite,
    give: Callable[[Query], Any],
    headers: Callable[[Query], Mapping[str, str]] = lambda _: {},
    status: int = 200,
) -> None:
    def page(request: Request) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        request.reply(json.dumps(give(query)).encode(), status, headers(query))

    site.pages["/api"] = page


def read(source: JsonApi, site: ToldSite, around: Around, store: LandingStore) -> RawBatch:
    return decode_all(source, source.fetch({}, around(source, site.environment)).current, store)


def ids(source: JsonApi, site: ToldSite, around: Around, store: LandingStore) -> list[str | None]:
    return read(source, site, around, store).rows["id"].to_list()


def some(first: int, last: int) -> list[dict[str, int]]:
    return [{"id": number} for number in range(first, last)]


@pytest.mark.parametrize("unit", ["items 0-1/5", "0-1/5"])
def test_a_total_in_content_range_is_held_to(
    site: ToldSite, around: Around, store: LandingStore, unit: str
) -> None:
    """Also where each page is a 206, a part of all; a total that is too high is told with both numbers."""
    source = numbered(items="", total="header:content-range", page_param="offset", first_page=0, page_step=2)

    def give(query: Query) -> Any:
        return some(int(query["offset"]), min(int(query["offset"]) + 2, 5))

    answers(site, give, lambda _: {"content-range": unit}, status=206)
    assert ids(source, site, around, store) == ["0", "1", "2", "3", "4"]
    answers(site, give, lambda _: {"content-range": "0-1/6"}, status=206)
    with pytest.raises(FetchError, match="the API says 6 rows, its pages hold 5"):
        ids(source, site, around, store)
    answers(site, give, lambda _: {"content-range": "0-1/*"}, status=206)
    with pytest.raises(FetchError, match="no total at 'header:content-range'"):
        ids(source, site, around, store)


@pytest.mark.parametrize(
    "header",
    [
        '<{}?page=2>; rel="next"',
        '<{0}?page=1>; rel="prev first", <{0}?page=2>; title="a, <b>; c"; rel="last next"',
        "<{}?page=2>; rel=next",
        "<{}?page=2>;REL='next'; hreflang=en",
    ],
)
def test_a_link_header_is_read_as_it_is_defined(
    site: ToldSite, around: Around, store: LandingStore, header: str
) -> None:
    """Several relations in one link, other parameters before, commas in quotes, any case."""
    answers(
        site,
        lambda query: some(2, 3) if "page" in query else some(1, 2),
        lambda query: {} if "page" in query else {"link": header.format("/api")},
    )
    assert ids(api(items="", next="header:link", total=None), site, around, store) == ["1", "2"]


def test_an_empty_page_in_the_middle_is_passed_over(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """Where the total, the API's own word or its next address says that there is more, an empty page is no end."""
    pages = {1: some(0, 2), 2: [], 3: some(2, 4), 4: []}

    def give(query: Query) -> Any:
        page = int(query.get("page", 1))
        following = {"next": f"/api?page={page + 1}"} if page < 3 else {}
        return {"items": pages.get(page, []), "total": 4, "more": page < 3, **following}

    answers(site, give)
    for source in (numbered(), numbered(total=None, more="more"), api(), api(total=None)):
        assert ids(source, site, around, store) == ["0", "1", "2", "3"]


def test_a_page_smaller_than_asked_for_is_told_where_offsets_are_counted(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """The API gives two rows where three were asked for: the third of each page would be missed; pages by number are
    not harmed.
    """

    def give(query: Query) -> Any:
        start = int(query["offset"]) if "offset" in query else int(query["page"]) * 2 - 2
        return {"items": some(start, min(start + 2, 9))}

    answers(site, give)
    by_offset = {"page_param": "offset", "first_page": 0, "total": None}
    with pytest.raises(FetchError, match="the first page holds 2 rows, and offsets are counted by 3") as told:
        ids(numbered(**by_offset, page_step=3), site, around, store)
    assert "page_step=2" in (told.value.hint or "")
    assert not told.value.retry
    assert len(ids(numbered(**by_offset, page_step=2), site, around, store)) == 9
    assert len(ids(numbered(total=None), site, around, store)) == 9


@pytest.mark.parametrize(
    ("word", "rows"), [(True, 4), ("true", 4), (1, 4), ("True", 4), (False, 2), ("0", 2), (0, 2)]
)
def test_whether_there_is_more_may_be_said_in_many_ways(
    site: ToldSite, around: Around, store: LandingStore, word: Any, rows: int
) -> None:
    """True, 1 and "true" are one word; what it is on the first page is obeyed."""
    answers(
        site,
        lambda query: (
            {"items": some(2, 4), "more": False}
            if query["page"] == "2"
            else {"items": some(0, 2), "more": word}
        ),
    )
    assert len(ids(numbered(total=None, more="more"), site, around, store)) == rows


@pytest.mark.parametrize(("said", "words"), [({}, "stands nothing"), ({"more": "maybe"}, "stands 'maybe'")])
def test_a_word_that_says_neither_is_told(
    site: ToldSite, around: Around, store: LandingStore, said: dict[str, str], words: str
) -> None:
    """A misspelt path, or a word that is none: half of the API is not taken for all of it."""
    answers(site, lambda _: {"items": some(0, 2), **said})
    with pytest.raises(FetchError, match=words):
        ids(numbered(total=None, more="more"), site, around, store)


def test_more_without_a_place_is_told(site: ToldSite, around: Around, store: LandingStore) -> None:
    """There is more, and the cursor is null."""
    answers(site, lambda _: {"items": some(0, 2), "more": True, "cursor": None})
    with pytest.raises(FetchError, match="there is more, and not where"):
        ids(api(next="cursor", next_param="after", more="more", total=None), site, around, store)


def test_a_cursor_that_repeats_ends(site: ToldSite, around: Around, store: LandingStore) -> None:
    """The same token again and again is a circle, and said to be one, after two requests."""
    answers(site, lambda query: {"items": [{"id": len(query)}], "cursor": "same"})
    with pytest.raises(FetchError, match="lead in a circle"):
        ids(api(next="cursor", next_param="after", total=None), site, around, store)
    assert len(site.log) == 2


def test_no_key_is_sent_to_another_host(site: ToldSite, around: Around) -> None:
    """A next page elsewhere is refused before anything is sent there; the landed page is not gone on from."""
    heard: list[str] = []
    site.pages["/stolen"] = lambda request: heard.append(str(request.headers))
    other = site.url.replace("127.0.0.1", "localhost")
    answers(site, lambda _: {"items": some(0, 2), "next": f"{other}/stolen?k=1"})
    source = api(total=None, headers={"authorization": "Bearer ${TOKEN}"})
    environment = {
        **site.environment,
        "TOKEN": "t0ken-t0ken",
        "DQ_ALLOW_HOSTS": other.removeprefix("http://"),
    }
    with pytest.raises(FetchError, match="another host") as told:
        source.fetch({}, around(source, environment))
    assert (heard, told.value.retry) == ([], False)
    assert "t0ken" not in str(told.value)


def test_a_line_that_is_no_json_costs_itself(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A page of NDJSON with a torn line: the other lines arrive, the torn one is in quarantine with its number."""
    site.gives("/api", b'{"id": 1}\n{"id": \n{"id": 3}\n')
    source = api(reader=JsonFile(lines=True), next=None, total=None)
    batch = read(source, site, around, store)
    assert batch.rows["id"].to_list() == ["1", "3"]
    assert batch.rejects.select("_row", "byte_offset", "text").row(0) == (2, 10, '{"id": ')


ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    "prolog",
    [
        f"<!DOCTYPE r [{ENTITIES}]>",
        '<!DOCTYPE r [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
    ],
    ids=["a billion laughs", "a file of ours", "a DTD elsewhere"],
)
def test_hostile_xml_is_refused(site: ToldSite, around: Around, store: LandingStore, prolog: str) -> None:
    """Nothing is expanded, opened or asked for; the error names the page."""
    site.gives("/api", f'<?xml version="1.0"?>{prolog}<r><i><id>&l11;</id></i></r>')
    source = api(tree=load_xml, items="r.i", next=None, total=None)
    with pytest.raises(FetchError, match=r"entities of its own|not XML") as told:
        read(source, site, around, store)
    assert told.value.where == f"{site.url}/api"
    assert "root:" not in str(told.value)


def test_xml_namespaces_do_not_hide_fields(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A default namespace, a prefix and a mix of both read alike; two of one local name are a list."""
    site.gives(
        "/api",
        '<f xmlns="http://a" xmlns:b="http://b"><b:i><id>1</id></b:i><i xmlns="http://c"><b:id>2</b:id></i></f>',
    )
    source = api(tree=load_xml, items="f.i", next=None, total=None)
    assert ids(source, site, around, store) == ["1", "2"]


def test_numbers_come_as_they_were_written(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Beyond 64 bits, beyond a double, NaN, infinities, minus zero, and 5,000 digits."""
    written = ["9223372036854775808", "1" * 5000, "0.1000000000000000055", "1e999", "NaN", "-Infinity", "-0"]
    site.gives("/api", '{"items": [' + ",".join(f'{{"id": {one}}}' for one in written) + "]}")
    assert ids(api(next=None, total=None), site, around, store) == written


@pytest.mark.parametrize("depth", [300, 700, 100_000])
def test_deep_nesting_is_kept_or_told(
    site: ToldSite, around: Around, store: LandingStore, depth: int
) -> None:
    """Three hundred levels are kept as they came; what Python cannot go down into is an error that says so, and no
    crash.
    """
    nested = "[" * depth + "]" * depth
    site.gives("/api", f'{{"items": [{{"id": {nested}}}]}}')
    if depth == 300:
        assert ids(api(next=None, total=None), site, around, store) == [nested]
        return
    with pytest.raises((FetchError, Exception), match="nested too deeply"):
        ids(api(next=None, total=None), site, around, store)


def test_a_graphql_api_of_edges_is_read(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A connection with edges and no nodes: the node's fields are columns beside the edge's cursor."""

    def page(request: Request) -> None:
        after = json.loads(request.sent)["variables"].get("after")
        number = 2 if after == "c1" else 1
        connection = {
            "edges": [{"cursor": f"c{number}", "node": {"id": number}}],
            "pageInfo": {"hasNextPage": number == 1, "endCursor": f"c{number}"},
        }
        request.reply(json.dumps({"data": {"issues": connection}}).encode())

    site.pages["/graphql"] = page
    source = graphql(
        "demo__issues",
        "${DQ_SAMPLE_SITE}/graphql",
        "query …",
        connection="issues",
        counted=False,
        edges=True,
        flat=True,
        limits=QUICK,
    )
    rows = read(source, site, around, store).rows
    assert rows.select("cursor", "node.id").rows() == [("c1", "1"), ("c2", "2")]


def test_a_list_of_words_is_a_table_of_its_own(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Each element of a list of scalars is a row beside its parent's key; null and numbers are elements too."""
    site.gives("/api", '{"items": [{"id": 7, "tags": ["a", null, 1.50]}, {"id": 8, "tags": []}, {"id": 9}]}')
    parent = api(next=None, total=None)
    child = ChildTable("demo__tags", parent, items="tags", keys={"of": "id"})
    landings = parent.fetch({}, around(parent, site.environment)).current
    rows = decode_all(child, landings, store).rows
    assert rows.select("of", "value", "_row").rows() == [("7", "a", 1), ("7", None, 2), ("7", "1.50", 3)]


def test_keys_that_differ_in_case_are_columns_of_one_record(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """SQL knows no case, so raw keeps each under a name of its own."""
    site.gives("/api", '{"items": [{"id": 1, "ID": "x", "Id": null}]}')
    rows = read(api(next=None, total=None), site, around, store).rows
    assert rows.select(pl.exclude("_landing_id", "_row")).to_dicts() == [
        {"id": "1", "ID_2": "x", "Id_3": None}
    ]


TEXT = '{"items": [{"id": "鎔基 é"}]}'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (TEXT.encode("gb18030"), "application/json; charset=gbk"),
        (TEXT.encode("utf-16"), "application/json"),
        (TEXT.encode("utf-8-sig"), "application/json"),
        (TEXT.encode(), "application/json; charset=gbk"),
    ],
    ids=["GBK, and says so", "UTF-16", "UTF-8 with a mark", "UTF-8 that says GBK"],
)
def test_json_that_is_not_utf_8_is_read_by_what_it_says(
    site: ToldSite, around: Around, store: LandingStore, body: bytes, content_type: str
) -> None:
    """While it is fetched, and again from its landing; what is valid UTF-8 is UTF-8 whatever it says."""
    site.gives("/api", body, content_type=content_type)
    source = api(next=None, total=None)
    fetched = source.fetch({}, around(source, site.environment))
    for ready in (fetched.decoded, {}):
        assert decode_all(source, fetched.current, store, ready).rows["id"].to_list() == ["鎔基 é"]


def test_an_object_in_the_place_of_a_list_is_told(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """And how to make one of it."""
    site.gives("/api", '{"items": {"a": {"id": 1}}}')
    with pytest.raises(FetchError, match="no list at 'items'") as told:
        ids(api(next=None, total=None), site, around, store)
    assert "an object stands there" in (told.value.hint or "")
