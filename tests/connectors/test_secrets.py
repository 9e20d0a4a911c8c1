"""Fetches that fail in every way, before servers that repeat all that they were sent: no secret is seen anywhere."""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.api import JsonApi
from connectors.auth import Basic, Bearer, Key
from connectors.graphql import graphql
from connectors.oauth import OAuth
from connectors.transport import Limits
from dq.errors import DqError
from dq.landing import LandingStore
from dq.source import Surroundings
from dq.unfinished import Unfinished
from tests.connectors.conftest import NOW
from tests.connectors.told_site import Behaviour, Request, ToldSite

Around = Callable[..., Surroundings]
SECRETS = {
    "KEY": "k/ey&77zq",
    "TOKEN": "t0ken-77zq",
    "USER": "anna",
    "PASSWORD": "pa:ss-77zq",
    "ID": "me",
    "SECRET": "s3+cret 77zq",
}
AUTHS: dict[str, Any] = {
    "key": Key("${KEY}"),
    "key in the query": Key("${KEY}", param="key"),
    "bearer": Bearer("${TOKEN}"),
    "basic": Basic("${USER}", "${PASSWORD}"),
    "oauth": OAuth("${DQ_SAMPLE_SITE}/token", "${ID}", "${SECRET}"),
    "oauth, basic": OAuth("${DQ_SAMPLE_SITE}/token", "${ID}", "${SECRET}", basic=True),
}
LIMITS = Limits(deadline=20.0, attempts=1, longest_wait=0.0)


def said(request: Request) -> str:
    return (
        f"{request.path} {request.headers} {request.sent.decode()}".replace("\r", "")
        .replace("\n", " ")
        .strip()
    )


def says(status: int, body: bytes | None = None, **headers: str) -> Behaviour:
    def behave(request: Request) -> None:
        echo = said(request)
        sent = {name.replace("_", "-"): value.replace("ECHO", echo) for name, value in headers.items()}
        request.reply(echo.encode() if body is None else body, status, {"x-echo": echo, **sent})

    return behave


def leads(following: str) -> Behaviour:
    """Answer with a page that repeats the key in the address of the next one, in small letters."""
    return lambda request: request.reply(
        json.dumps(
            {"total": 2, "items": [{"id": 1}], "next": following.replace("URL", request.path)}
        ).encode()
    )


FAULTS: dict[str, Behaviour] = {
    "400": says(400),
    "401": says(401),
    "403": says(403),
    "404": says(404),
    "429": says(429, retry_after="100"),
    "500": says(500),
    "no JSON": says(200),
    "cut JSON": says(200, b'{"items": ['),
    "an error with 200": says(200, b'{"errors": "yes"}'),
    "a broken gzip": says(200, content_encoding="gzip"),
    "an encoding that is none": says(200, content_encoding="ECHO"),
    "no HTTP": lambda request: request.raw(said(request).encode() + b"\r\n\r\n"),
    "cut off": lambda request: request.raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + said(request).encode()
    ),
    "redirected in a loop": says(302, location="/api?k=k%2fey%2677zq"),
    "redirected to a private address": says(302, location="http://10.0.0.1/?k=k%2fey%2677zq&t=t0ken-77zq"),
    "redirected to no address": says(302, location="ftp://h/k%2fey%2677zq"),
    "a next page elsewhere": leads("http://other.example/?k=k%2fey%2677zq&t=t0ken-77zq"),
    "a next page that is not there": leads("/none?k=k%2fey%2677zq&t=t0ken-77zq"),
    "a total that lies": lambda request: request.reply(b'{"total": 9, "items": [{"id": 1}], "next": null}'),
}


PAIRS = [
    (fault, [*AUTHS][(number + more) % len(AUTHS)]) for number, fault in enumerate(FAULTS) for more in (0, 1)
]
"""Each fault before two kinds of proof, each kind before several faults."""


def seen(fetch: Callable[[], Any], said: list[str], root: Path) -> str:
    """Give all that a person may see or find after a fetch that failed: words, journal, and headers that landed."""
    with pytest.raises(DqError) as caught:
        fetch()
    error: BaseException | None = caught.value
    words = [str(error), repr(error), repr(vars(error)), *said]
    for path in root.rglob("*"):
        if path.name.endswith(".warc.gz"):
            words += [
                part.partition(b"\r\n\r\n{")[0].decode() for part in [gzip.decompress(path.read_bytes())]
            ]
        elif path.is_file():
            words.append(path.read_text())
    return "\n".join(words)


@pytest.mark.parametrize(("fault", "auth"), PAIRS)
def test_no_secret_is_seen_whatever_goes_wrong(
    site: ToldSite, around: Around, store: LandingStore, fault: str, auth: str
) -> None:
    """Not in the error, not in what is told on the way, not in the journal, nor in what has landed."""
    site.pages["/api"] = FAULTS[fault]
    site.gives("/token", '{"access_token": "fresh-77zq"}')
    source = JsonApi(
        "demo__api",
        "${DQ_SAMPLE_SITE}/api?k=${KEY}",
        headers={"x-token": "${TOKEN}"},
        auth=AUTHS[auth],
        limits=LIMITS,
        rate=None,
    )
    told: list[str] = []
    journal = Unfinished(store, source.name, lambda: NOW)
    given = replace(around(source, {**site.environment, **SECRETS}), progress=told.append, journal=journal)
    everything = seen(lambda: source.fetch({}, given), told, store.root)
    encoded = base64.b64encode(b"anna:pa:ss-77zq").decode()
    assert "77zq" in repr(site.log)
    assert "77zq" not in everything
    assert encoded not in everything
    assert site.url in everything


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_no_secret_is_seen_where_the_token_s_server_fails(
    site: ToldSite, around: Around, store: LandingStore, status: int
) -> None:
    """It repeats what it was sent, as its error's name too."""

    def fails(request: Request) -> None:
        request.reply(json.dumps({"error": said(request)}).encode(), status)

    site.pages["/token"] = fails
    for auth in ("oauth", "oauth, basic"):
        source = JsonApi("demo__api", "${DQ_SAMPLE_SITE}/api", auth=AUTHS[auth], limits=LIMITS)
        given = around(source, {**site.environment, **SECRETS})
        everything = seen(lambda: source.fetch({}, given), [], store.root)  # noqa: B023
        assert "77zq" not in everything
        assert base64.b64encode(b"me:s3%2Bcret+77zq").decode() not in everything


def test_no_secret_is_seen_in_the_words_of_a_graphql_error(
    site: ToldSite, around: Around, store: LandingStore
) -> None:
    """An API that repeats the variables that it does not like."""
    site.pages["/graphql"] = lambda request: request.reply(
        json.dumps({"errors": [{"message": f"not this: {request.sent.decode()}"}]}).encode()
    )
    source = graphql(
        "demo__api",
        "${DQ_SAMPLE_SITE}/graphql",
        "query",
        connection="x",
        variables={"key": "${KEY}"},
        limits=LIMITS,
    )
    given = around(source, {**site.environment, **SECRETS})
    everything = seen(lambda: source.fetch({}, given), [], store.root)
    assert "the API says: not this:" in everything
    assert "77zq" not in everything
