import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.api import JsonApi
from connectors.delimited import Delimited
from connectors.graphql import graphql
from connectors.json_file import JsonFile
from connectors.json_rows import flattened
from connectors.transport import Limits
from connectors.xml_rows import load_xml
from dq.errors import ConfigError, DecodeError, FetchError
from dq.landing import LandingStore
from dq.raw import RawBatch, decode_all
from dq.source import Source, Surroundings
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
QUICK = Limits(deadline=20.0, attempts=1)


def read(source: Source, site: ToldSite, around: Around, store: LandingStore) -> RawBatch:
    return decode_all(source, source.fetch({}, around(source, site.environment)).current, store)


def api(**more: Any) -> JsonApi:
    return JsonApi("demo__api", "${DQ_SAMPLE_SITE}/api?page=1", **{"limits": QUICK, "total": None, **more})


def test_csv_pages_keep_every_line(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Next and total stand in headers; a line too short is a reject, and counts as a row of the API's total."""
    link = f'<{site.url}/api?page=2>; rel="next"'
    site.gives("/api?page=1", "id,v\n1,a\n2\n", link=link, X_Total_Count="3")
    site.gives("/api?page=2", "id,v\n3,c\n", X_Total_Count="3")
    batch = read(
        api(reader=Delimited(), next="header:link", total="header:X-Total-Count"), site, around, store
    )
    assert batch.rows["id"].to_list() == ["1", "3"]
    assert batch.rejects["_row"].to_list() == [3]
    assert batch.records == 3


def test_a_total_in_a_header_is_held_to(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Rows that are not there are missed, whatever the form of the page."""
    site.gives("/api?page=1", '{"id": 1}\n', X_Total_Count="2")
    source = api(reader=JsonFile(lines=True), next=None, total="header:x-total-count")
    with pytest.raises(FetchError, match="the API says 2 rows, its pages hold 1"):
        read(source, site, around, store)


def test_ndjson_pages_follow_a_token_in_a_header(site: ToldSite, around: Around, store: LandingStore) -> None:
    """As bulk interfaces do it: the next part's name stands in a header of its own."""
    site.gives("/api?page=1", '{"id": 1}\n{"id": 1.10}\n', locator="ab/c")
    site.gives("/api?page=1&part=ab%2Fc", '{"id": 3}\nnonsense\n')
    source = api(reader=JsonFile(lines=True), next="header:locator", next_param="part")
    batch = read(source, site, around, store)
    assert batch.rows["id"].to_list() == ["1", "1.10", "3"]
    assert batch.rejects.height == 1


def test_a_reader_has_no_paths_inside() -> None:
    """A path into a page that is no tree is a mistake that is told at once."""
    with pytest.raises(ConfigError, match="no paths inside"):
        api(reader=Delimited(), next="next")
    with pytest.raises(ConfigError, match="JSON or XML"):
        api(reader=Delimited(), next=None, flat=True)


XML = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><count>{total}</count>{entries}{next}</feed>"""


def test_xml_pages_are_read_like_json(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Items, total and next by path; one record on a page is a page of one, none is a page of none."""
    entry = '<entry id="{0}"><title>t <i>{0}</i></title><author><name>a</name></author></entry>'
    for number, count in ((1, 2), (2, 1), (3, 0)):
        entries = "".join(entry.format(number * 10 + i) for i in range(count))
        following = f"<next>/api?page={number + 1}</next>" if number < 3 else "<entry_count/>"
        site.gives(f"/api?page={number}", XML.format(total=3, entries=entries, next=following))
    source = api(tree=load_xml, items="feed.entry", next="feed.next", total="feed.count", flat=True)
    rows = read(source, site, around, store).rows
    assert rows["@id"].to_list() == ["10", "11", "20"]
    assert rows["title.#text"].to_list() == ["t 10", "t 11", "t 20"]
    assert rows["author.name"].to_list() == ["a", "a", "a"]


def test_xml_without_the_declared_place_is_told(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A wrong path is an error, not an empty source."""
    site.gives("/api?page=1", "<feed><entry/></feed>")
    with pytest.raises(FetchError, match="no list at"):
        read(api(tree=load_xml, items="rss.channel.item"), site, around, store)


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;&b;</r>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>',
        "<r><a></r>",
        "<r>" + "<a>" * 250 + "</a>" * 250 + "</r>",
        "",
    ],
)
def test_xml_that_is_broken_or_hostile_is_refused(body: str) -> None:
    """No entity is expanded, no file is read, no stack runs over."""
    with pytest.raises(DecodeError):
        load_xml(body.encode(), "x")


def test_nested_objects_become_columns() -> None:
    """Down to the leaves; lists stay; two fields that would have one name are told."""
    assert flattened([{"a": {"b": {"c": 1}, "d": [{"e": 1}]}}, 7], "x") == [
        {"a.b.c": 1, "a.d": [{"e": 1}]},
        7,
    ]
    with pytest.raises(DecodeError, match="same name"):
        flattened([{"a": {"b": 1}, "a.b": 2}], "x")


def asked(request: Request) -> dict[str, Any]:
    return dict(json.loads(request.sent))


def test_pages_are_posted(site: ToldSite, around: Around, store: LandingStore) -> None:
    """The page's number goes into the body as a number; each page is a landing of its own; a run later too."""

    def page(request: Request) -> None:
        body = asked(request)
        assert body["filter"] == {"kind": "k3y"}
        number = body["paging"]["page"]
        assert isinstance(number, int)
        rows = [{"id": number * 2}, {"id": number * 2 + 1}] if number < 3 else []
        request.reply(json.dumps({"items": rows, "n": 6}).encode())

    site.pages["/search"] = page
    source = JsonApi(
        "demo__api",
        "${DQ_SAMPLE_SITE}/search",
        post={"filter": {"kind": "${KIND}"}, "paging": {"page": 0, "size": 2}},
        page_param="paging.page",
        first_page=0,
        next=None,
        total="n",
        limits=QUICK,
    )
    environment = {**site.environment, "KIND": "k3y"}
    fetched = source.fetch({}, around(source, environment))
    assert decode_all(source, fetched.current, store).rows["id"].to_list() == [str(n) for n in range(6)]
    assert [landing.origin.url.partition("#")[2] for landing in fetched.current] == [
        f"paging.page={n}" for n in range(3)
    ]
    assert "k3y" not in repr(fetched)
    again = source.fetch(json.loads(json.dumps(fetched.cursor)), around(source, environment))
    assert again.current == fetched.current
    assert again.counts["landings_new"] == 0


def connection(site: ToldSite, pages: int, **more: Any) -> None:
    """Serve a GraphQL connection of two nodes a page."""

    def page(request: Request) -> None:
        variables = asked(request)["variables"]
        number = int(variables.get("after", "c0")[1:])
        found = {
            "totalCount": pages * 2,
            "nodes": [{"id": f"n{number * 2 + i}", "author": {"login": "ada"}} for i in range(2)],
            "pageInfo": {"hasNextPage": number + 1 < pages, "endCursor": f"c{number + 1}"},
            **more,
        }
        request.reply(json.dumps({"data": {"repository": {"issues": found}}}).encode())

    site.pages["/graphql"] = page


def issues(**more: Any) -> JsonApi:
    query = "query($owner: String!, $after: String) { repository { issues { nodes { id } } } }"
    return graphql(
        "demo__issues",
        "${DQ_SAMPLE_SITE}/graphql",
        query,
        connection="repository.issues",
        variables={"owner": "ada", "first": 2},
        limits=QUICK,
        **more,
    )


def test_graphql_connections_are_followed(site: ToldSite, around: Around, store: LandingStore) -> None:
    """To the end that pageInfo tells, though the last page has a cursor too; rows are held to totalCount."""
    connection(site, 3)
    batch = read(issues(flat=True), site, around, store)
    assert batch.rows["id"].to_list() == [f"n{n}" for n in range(6)]
    assert batch.rows["author.login"].to_list() == ["ada"] * 6
    connection(site, 3, totalCount=7)
    with pytest.raises(FetchError, match="the API says 7 rows, its pages hold 6"):
        read(issues(), site, around, store)


def test_graphql_errors_are_errors(site: ToldSite, around: Around, store: LandingStore) -> None:
    """With the status 200 too: the API's own words are shown."""
    site.gives("/graphql", '{"data": null, "errors": [{"message": "Field x does not exist"}]}')
    with pytest.raises(FetchError, match="Field x does not exist"):
        read(issues(), site, around, store)


def test_what_was_posted_is_not_carried_elsewhere(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """A redirect that would turn it into a GET, or bring it to another host, is refused."""
    site.gives("/graphql", "", 302, location="/other")
    with pytest.raises(FetchError, match="posted is redirected"):
        read(issues(), site, around, store)
