import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.api import JsonApi
from connectors.auth import Basic, Bearer, Key
from connectors.oauth import OAuth
from connectors.transport import Limits
from dq.errors import FetchError
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Surroundings
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
SECRETS = {
    "KEY": "k/ey&1",
    "TOKEN": "t0ken",
    "USER": "anna",
    "PASSWORD": "pa:ss",
    "ID": "me",
    "SECRET": "s3cret",
}
PAGES = 4


def api(auth: Any, **more: Any) -> JsonApi:
    limits = Limits(deadline=20.0, attempts=1)
    more = {"url": "${DQ_SAMPLE_SITE}/api", "next": None, "page_param": "page", **more}
    return JsonApi("demo__api", auth=auth, limits=limits, **more)


def serve(site: ToldSite, allowed: Callable[[Request], bool]) -> None:
    """Serve four pages of one row to who is allowed, 401 with an echo of what was sent to all others."""

    def page(request: Request) -> None:
        number = int(request.path.rpartition("page=")[2].partition("&")[0])
        following = f"/api?page={number + 1}" if number < PAGES else None
        body = {"total": PAGES, "items": [{"id": number}], "next": following}
        if allowed(request):
            request.reply(json.dumps(body).encode())
        else:
            request.reply(f"{request.path} {request.headers}".encode(), 401)

    site.pages["/api"] = page


def nothing_secret_in(held: str) -> bool:
    encoded = base64.b64encode(b"anna:pa:ss").decode()
    secrets = {*SECRETS.values(), "k%2Fey%261", encoded, "fresh-token", "stale-token"} - {"anna", "me"}
    return not [secret for secret in secrets if secret in held]


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (Key("${KEY}"), "x-api-key", "k/ey&1"),
        (Key("Token ${KEY}", header="authorization"), "authorization", "Token k/ey&1"),
        (Bearer("${TOKEN}"), "authorization", "Bearer t0ken"),
        (
            Basic("${USER}", "${PASSWORD}"),
            "authorization",
            "Basic " + base64.b64encode(b"anna:pa:ss").decode(),
        ),
    ],
)
def test_a_proof_in_a_header_reaches_every_page_and_nothing_else(
    site: ToldSite, around: Around, store: LandingStore, *, auth: Any, header: str, value: str
) -> None:
    """All rows come; what is landed and remembered holds no secret; a wrong one is an error that shows none."""
    serve(site, lambda request: request.headers.get(header) == value)
    source = api(auth)
    fetched = source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert decode_all(source, fetched.current, store).rows.height == PAGES
    assert nothing_secret_in(repr(fetched) + json.dumps(fetched.cursor) + repr(source))
    site.pages["/api"] = lambda request: request.reply(str(request.headers).encode(), 401)
    with pytest.raises(FetchError, match="does not accept who asks") as caught:
        source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert nothing_secret_in(str(caught.value))
    assert not caught.value.retry


def test_a_key_in_the_query_is_sent_with_every_page_and_shown_with_none(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """It is not part of any page's address, so a new key asks for nothing twice."""
    serve(site, lambda request: "key=k%2Fey%261" in request.path)
    source = api(Key("${KEY}", param="key"))
    fetched = source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert decode_all(source, fetched.current, store).rows.height == PAGES
    assert all("key=" in path for path in site.paths)
    assert "key=" not in repr(fetched.current)
    assert nothing_secret_in(repr(fetched) + json.dumps(fetched.cursor))


class Tokens:
    """A token's server: counts the tokens that it gives."""

    def __init__(self, site: ToldSite, *given: str) -> None:
        self.left, self.asked = list(given), list[bytes]()
        site.pages["/token"] = self.give

    def give(self, request: Request) -> None:
        self.asked.append(request.sent)
        token = self.left.pop(0)
        request.reply(json.dumps({"access_token": token, "token_type": "bearer"}).encode())


def oauth() -> OAuth:
    return OAuth("${DQ_SAMPLE_SITE}/token", "${ID}", "${SECRET}", scope="read")


def test_a_token_is_fetched_once_for_many_pages_and_runs(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """Four pages, three of them side by side, and a second run: one token. It is nowhere to be seen."""
    tokens = Tokens(site, "fresh-token")
    serve(site, lambda request: request.headers.get("authorization") == "Bearer fresh-token")
    source = api(oauth())
    for _ in range(2):
        fetched = source.fetch({}, around(source, {**site.environment, **SECRETS}))
        assert decode_all(source, fetched.current, store).rows.height == PAGES
    assert tokens.asked == [b"grant_type=client_credentials&client_id=me&client_secret=s3cret&scope=read"]
    assert nothing_secret_in(repr(fetched) + json.dumps(fetched.cursor) + repr(source))


def test_a_token_that_ran_out_is_renewed_once(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Every page that was refused at the same time waits for the same new token."""
    tokens = Tokens(site, "stale-token", "fresh-token")
    good = {"stale-token"}
    serve(site, lambda request: request.headers.get("authorization", "").removeprefix("Bearer ") in good)
    source = api(oauth())
    source.fetch({}, around(source, {**site.environment, **SECRETS}))
    good.clear()
    good.add("fresh-token")
    fetched = source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert decode_all(source, fetched.current, store).rows.height == PAGES
    assert len(tokens.asked) == 2


def test_a_token_that_runs_out_in_the_middle_of_a_run(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """Each token is good for one page: four pages cost four tokens; every row arrives, none twice."""
    tokens = Tokens(site, *(f"fresh-token-{number}" for number in range(PAGES)))
    used: set[str] = set()

    def once(request: Request) -> bool:
        fresh = request.headers["authorization"] not in used
        used.add(request.headers["authorization"])
        return fresh

    serve(site, once)
    source = api(oauth(), url="${DQ_SAMPLE_SITE}/api?page=1", next="next", page_param=None)
    fetched = source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert decode_all(source, fetched.current, store).rows["id"].to_list() == ["1", "2", "3", "4"]
    assert not tokens.left
    assert nothing_secret_in(repr(fetched) + json.dumps(fetched.cursor))


def test_a_key_that_is_refused_in_the_middle(site: ToldSite, around: Around, store: LandingStore) -> None:
    """The third page says 401: which page, and which variables to check; with a better key the rest arrives."""
    serve(site, lambda request: "page=3" not in request.path)
    source = api(Bearer("${TOKEN}"))
    with pytest.raises(FetchError, match="HTTP 401") as caught:
        source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert caught.value.where == f"{site.url}/api?page=3"
    assert caught.value.hint == "check ${TOKEN}"
    serve(site, lambda request: request.headers.get("authorization") == "Bearer better-t0ken")
    fetched = source.fetch({}, around(source, {**site.environment, **SECRETS, "TOKEN": "better-t0ken"}))
    assert decode_all(source, fetched.current, store).rows.height == PAGES


def test_a_token_server_may_want_more(site: ToldSite, around: Around) -> None:
    """Id and secret as Basic authorization (RFC 6749, 2.3.1: encoded first), an audience beside the scope."""
    tokens = Tokens(site, "fresh-token")
    serve(site, lambda request: request.headers.get("authorization") == "Bearer fresh-token")
    auth = OAuth(
        "${DQ_SAMPLE_SITE}/token", "${ID}", "${SECRET}", basic=True, form={"audience": "https://api"}
    )
    source = api(auth)
    environment = {**site.environment, **SECRETS, "SECRET": "s3/cret"}
    fetched = source.fetch({}, around(source, environment))
    assert tokens.asked == [b"grant_type=client_credentials&audience=https%3A%2F%2Fapi"]
    sent = dict(site.log)["/token"]["authorization"]
    assert sent == "Basic " + base64.b64encode(b"me:s3%2Fcret").decode()
    assert sent.removeprefix("Basic ") not in repr(fetched) + json.dumps(fetched.cursor)


def test_a_token_that_is_refused_for_good_is_told(site: ToldSite, around: Around) -> None:
    """A new token that is refused too is an error after two pages, not a loop; it shows no secret."""
    Tokens(site, "stale-token", "fresh-token")
    serve(site, lambda _: False)
    source = api(oauth())
    with pytest.raises(FetchError, match="401") as caught:
        source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert nothing_secret_in(str(caught.value))
    assert len([path for path in site.paths if path.startswith("/api")]) == 2


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        ('{"error": "invalid_client s3cret"}', 401, "invalid_client"),
        ('{"token": "x"}', 200, "no access_token"),
        ("<html>", 200, "no token was given"),
        ("[]", 200, "no token was given"),
    ],
)
def test_a_token_server_that_gives_none_is_told(
    site: ToldSite, around: Around, answer: str, status: int, says: str
) -> None:
    """Its own words are shown, without the secret that it may echo."""
    site.gives("/token", answer, status)
    serve(site, lambda _: True)
    source = api(oauth())
    with pytest.raises(FetchError, match=says) as caught:
        source.fetch({}, around(source, {**site.environment, **SECRETS}))
    assert nothing_secret_in(str(caught.value))
