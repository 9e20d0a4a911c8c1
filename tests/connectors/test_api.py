import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.api import JsonApi
from connectors.transport import Limits
from dq.errors import ConfigError, FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Source, Surroundings
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
QUICK = Limits(deadline=20.0, attempts=1)


def serve(site: ToldSite, count: int, size: int = 2, **replace: Any) -> None:
    """Serve `count` rows by pages of `size`; `replace` overrides fields of every page."""
    last = -(-count // size)
    for number in range(1, last + 1):
        rows = [
            {"id": i, "v": f"v{i}"} for i in range((number - 1) * size + 1, min(number * size, count) + 1)
        ]
        following = f"/api?page={number + 1}" if number < last else None
        body = {"total": count, "page": number, "items": rows, "next": following, **replace}
        site.gives_tagged(f"/api?page={number}", json.dumps(body), f'"{number}"')


def api(**more: Any) -> JsonApi:
    return JsonApi("demo__api", "${DQ_SAMPLE_SITE}/api?page=1", **{"limits": QUICK, **more})


def ids(source: JsonApi, site: ToldSite, around: Around, store: LandingStore, **more: str) -> list[str]:
    fetched = source.fetch({}, around(source, {**site.environment, **more}))
    return decode_all(source, fetched.current, store).rows["id"].to_list()


def error(source: JsonApi, site: ToldSite, around: Around, **more: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        source.fetch({}, around(source, {**site.environment, **more}))
    return caught.value


def test_pages_are_followed_to_the_end(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Every row of every page, once, as text, with the item's number on its page."""
    serve(site, 5)
    source = api()
    assert isinstance(source, Source)
    fetched = source.fetch({}, around(source, site.environment))
    batch = decode_all(source, fetched.current, store)
    assert batch.rows.drop("_landing_id").rows() == [
        ("1", "v1", 1),
        ("2", "v2", 2),
        ("3", "v3", 1),
        ("4", "v4", 2),
        ("5", "v5", 1),
    ]
    again = source.fetch(json.loads(json.dumps(fetched.cursor)), around(source, site.environment))
    assert again.current == fetched.current
    assert (again.counts["requests"], again.counts["not_modified"], again.counts["landings_new"]) == (3, 3, 0)


@pytest.mark.parametrize("more", [{}, {"next": None, "page_param": "page"}, {"flat": True}])
def test_what_is_read_on_the_way_is_what_the_landing_says(
    site: ToldSite, around: Around, store: LandingStore, more: dict[str, Any]
) -> None:
    """Rows made while a page was at hand equal those decoded from its landed bytes; of what was known, none are."""
    serve(site, 5, note={"a": [1.10, None]})
    source = api(**more)
    fetched = source.fetch({}, around(source, site.environment))
    assert set(fetched.decoded) == {landing.landing_id for landing in fetched.current}
    for landing in fetched.current:
        landed = source.decode(landing, store.read(landing))
        assert fetched.decoded[landing.landing_id].rows.equals(landed.rows)
        assert fetched.decoded[landing.landing_id].records == landed.records
    whole = decode_all(source, fetched.current, store)
    assert decode_all(source, fetched.current, store, fetched.decoded).rows.equals(whole.rows)
    assert not source.fetch(fetched.cursor, around(source, site.environment)).decoded


def test_no_more_is_read_on_the_way_than_memory_is_given(
    site: ToldSite, around: Around, store: LandingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages beyond that are read from their landings, so that an API may be larger than memory."""
    serve(site, 6)
    monkeypatch.setattr("connectors.at_hand._ROOM", 200)
    source = api()
    fetched = source.fetch({}, around(source, site.environment))
    assert 0 < len(fetched.decoded) < len(fetched.current)
    rows = decode_all(source, fetched.current, store, fetched.decoded).rows
    assert rows["id"].to_list() == [str(n) for n in range(1, 7)]


def test_new_rows_are_found(site: ToldSite, around: Around, store: LandingStore) -> None:
    """When rows come in, the changed pages are landed anew and the new ones too."""
    serve(site, 3)
    source = api()
    first = source.fetch({}, around(source, site.environment))
    serve(site, 5)
    site.gives_tagged(
        "/api?page=1",
        json.dumps({"total": 5, "items": [{"id": 1}, {"id": 2}], "next": "/api?page=2"}),
        '"1b"',
    )
    site.gives_tagged(
        "/api?page=2",
        json.dumps({"total": 5, "items": [{"id": 3}, {"id": 4}], "next": "/api?page=3"}),
        '"2b"',
    )
    second = source.fetch(first.cursor, around(source, site.environment))
    assert decode_all(source, second.current, store).rows["id"].to_list() == ["1", "2", "3", "4", "5"]


def test_a_total_that_lies_is_told_with_both_numbers(site: ToldSite, around: Around) -> None:
    """A page dropped by either side never passes for the whole."""
    serve(site, 5, total=6)
    assert error(api(), site, around).what == "the API says 6 rows, its pages hold 5"


def test_a_total_that_moves_is_told(site: ToldSite, around: Around) -> None:
    """Rows that came or went while the pages were read make the reading worthless."""
    serve(site, 4)
    site.gives("/api?page=2", json.dumps({"total": 5, "items": [{"id": 3}, {"id": 4}], "next": None}))
    assert "changed while it was read: 4 and 5" in error(api(), site, around).what


def test_a_page_that_repeats_is_told(site: ToldSite, around: Around) -> None:
    """An API that gives page 1 again for page 2 has the right number of rows, and the wrong ones."""
    body = {"total": 4, "items": [{"id": 1}, {"id": 2}]}
    site.gives("/api?page=1", json.dumps(body))
    site.gives("/api?page=2", json.dumps(body))
    source = api(next=None, page_param="page")
    assert "the same page twice" in error(source, site, around).what


def test_a_circle_of_pages_ends(site: ToldSite, around: Around) -> None:
    """`next` that leads back is an error, not an endless run."""
    serve(site, 4, next="/api?page=1")
    assert "in a circle" in error(api(), site, around).what


def test_a_next_page_elsewhere_is_refused(site: ToldSite, around: Around) -> None:
    """An API cannot send us, and our key, to another host."""
    serve(site, 2, next="http://elsewhere.example/api")
    assert "another host" in error(api(), site, around).what


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"total": 1, "items": [{"id": 1}', "cut off"),
        ("<html>", "not JSON"),
        ('{"total": 1, "rows": []}', "no list at 'items'"),
        ('{"total": "many", "items": []}', "not a number"),
        ('{"items": [{"id": 1}]}', "no total at 'total'"),
    ],
)
def test_an_answer_of_another_form_is_told(site: ToldSite, around: Around, body: str, words: str) -> None:
    """What cannot be paged or counted ends the reading, and says what was expected where."""
    site.gives("/api?page=1", body)
    failed = error(api(), site, around)
    assert words in failed.what
    assert site.url in (failed.where or "")


def test_numbered_pages_are_read_until_the_total(site: ToldSite, around: Around, store: LandingStore) -> None:
    """With `page_param`, pages are numbered by us, and the last is not asked for twice."""
    serve(site, 5)
    source = JsonApi("demo__api", "${DQ_SAMPLE_SITE}/api", next=None, page_param="page", limits=QUICK)
    assert ids(source, site, around, store) == ["1", "2", "3", "4", "5"]
    assert (
        site.paths[0] == "/api?page=1"
    )  # it tells how many there are; the others are asked for side by side
    assert sorted(site.paths) == ["/api?page=1", "/api?page=2", "/api?page=3"]


def test_numbered_pages_without_a_total_end_with_an_empty_one(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """Where the API states no total, the first empty page is the end."""
    serve(site, 3)
    site.gives("/api?page=3", '{"items": []}')
    source = JsonApi(
        "demo__api", "${DQ_SAMPLE_SITE}/api", next=None, total=None, page_param="page", limits=QUICK
    )
    assert ids(source, site, around, store) == ["1", "2", "3"]


def test_offsets_are_counted_by_the_page_size(site: ToldSite, around: Around, store: LandingStore) -> None:
    """`page_step` makes an offset of the page's number."""
    for offset in (0, 2, 4):
        rows = [{"id": n} for n in range(offset, min(offset + 2, 5))]
        site.gives(f"/api?offset={offset}", json.dumps({"total": 5, "items": rows}))
    source = JsonApi(
        "demo__api",
        "${DQ_SAMPLE_SITE}/api",
        next=None,
        page_param="offset",
        first_page=0,
        page_step=2,
        limits=QUICK,
    )
    assert ids(source, site, around, store) == ["0", "1", "2", "3", "4"]


def test_the_link_header_leads_on(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A bare list as body, the next page in the header: as many public APIs do it."""
    links = f'<{site.url}/api?page=1>; rel="prev", <{site.url}/api?page=2&x=1>; rel="next", <{site.url}/z>; rel="last"'
    site.gives("/api?page=1", '[{"id": 1}, {"id": 2}]', link=links)
    site.gives("/api?page=2&x=1", '[{"id": 3}]', link=f'<{site.url}/api?page=1>; rel="first"')
    source = api(items="", next="header:link", total=None)
    assert ids(source, site, around, store) == ["1", "2", "3"]


def test_a_token_is_sent_as_its_parameter(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Where the page gives a cursor instead of an address; its characters are quoted."""
    site.gives("/api?page=1", '{"data": {"rows": [{"id": 1}]}, "meta": {"cursor": "a/b="}}')
    site.gives("/api?page=1&after=a%2Fb%3D", '{"data": {"rows": [{"id": 2}]}, "meta": {"cursor": null}}')
    source = api(items="data.rows", next="meta.cursor", next_param="after", total=None)
    assert ids(source, site, around, store) == ["1", "2"]


def test_two_ways_to_the_next_page_are_one_too_many() -> None:
    """The declaration says so at once."""
    with pytest.raises(ConfigError, match="both next and page_param"):
        JsonApi("demo__api", "http://h/", page_param="page")


def test_keys_are_sent_and_never_shown(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A key in header and query reaches the API, also on the next page and the next run; nothing holds it."""

    def page(request: Request) -> None:
        good = "k%20ey" in request.path and request.headers.get("authorization") == "Bearer s3cret"
        number = 2 if "page=2" in request.path else 1
        body = {
            "total": 2,
            "items": [{"id": number}],
            "next": "/api?key=k%20ey&page=2" if number == 1 else None,
        }
        request.reply(json.dumps(body).encode() if good else b"", 200 if good else 401)

    site.pages["/api"] = page
    source = api(params={"key": "${KEY}"}, headers={"authorization": "Bearer ${TOKEN}"})
    secrets = {"KEY": "k ey", "TOKEN": "s3cret"}
    fetched = source.fetch({}, around(source, {**site.environment, **secrets}))
    assert decode_all(source, fetched.current, store).rows["id"].to_list() == ["1", "2"]
    held = repr(fetched) + json.dumps(fetched.cursor)
    assert "s3cret" not in held
    assert "k%20ey" not in held
    assert "k+ey" not in held
    again = source.fetch(fetched.cursor, around(source, {**site.environment, **secrets}))
    assert again.current == fetched.current
    assert again.counts["requests"] == 2
    failed = error(source, site, around, **{**secrets, "TOKEN": "wr0ng"})
    assert "401" in failed.what
    assert "wr0ng" not in str(failed)
    assert "k%20ey" not in str(failed)


def test_the_sample_apis_reconcile(sample_site: str, around: Around, store: LandingStore) -> None:
    """1,000 applicants and 920 patients, as the API's totals say."""
    for name, path, rows in (
        ("finance__a", "finance/applicants", 1000),
        ("medical__p", "medical/patients", 920),
    ):
        source = JsonApi(name, f"${{DQ_SAMPLE_SITE}}/api/{path}", params={"page": "1", "per_page": "100"})
        fetched = source.fetch({}, around(source, {"DQ_SAMPLE_SITE": sample_site}))
        assert decode_all(source, fetched.current, store).rows.height == rows


def test_a_server_that_repeats_a_key_is_told_of_once(site: ToldSite, around: Around) -> None:
    """Bodies are kept as they came, so the user must know; what is remembered and said holds the name alone."""
    for number in (1, 2):
        following = "/api?key=long-s3cret&page=2" if number == 1 else None
        body = {"total": 2, "items": [{"id": number, "self": "/?key=long-s3cret"}], "next": following}
        site.gives(f"/api?{'' if number == 1 else 'key=long-s3cret&'}page={number}", json.dumps(body))
    site.pages["/api?page=1&key=long-s3cret"] = site.pages["/api?page=1"]
    source = api(params={"key": "${KEY}"})
    said: list[str] = []
    given = around(source, {**site.environment, "KEY": "long-s3cret"})
    fetched = source.fetch({}, replace(given, progress=said.append))
    assert len(fetched.current) == 2
    assert [words.endswith("repeats ${KEY} in its body, which is kept as it came") for words in said] == [
        True
    ]
    assert "s3cret" not in repr(said) + json.dumps(fetched.cursor)
