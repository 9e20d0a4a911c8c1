"""Keys reach the API and nothing else: not the landings, lake, journal, log, Dagster's history, or an error."""

import base64
import json
import zlib
from pathlib import Path

from tests.connectors.told_site import Request, serving
from tests.end_to_end.deployment import Deployment, copied_checkout

SECRETS = {
    "DEMO_KEY": "k/ey&77zq",
    "DEMO_TOKEN": "t0ken-77zq",
    "DEMO_USER": "anna",
    "DEMO_PASSWORD": "pa:ss-77zq",
}
BASIC = base64.b64encode(b"anna:pa:ss-77zq").decode()
SOURCE = '''"""An API that wants a key, another that wants a password, and one that refuses."""

import pandera.polars as pa

from connectors.api import JsonApi
from connectors.auth import Basic, Key
from connectors.transport import Limits
from dq.feed import Feed


class Row(pa.DataFrameModel):
    id: int

    class Config:
        name = "core.demo__{name}"


FEED = Feed(
    JsonApi(
        "demo__{name}",
        "${{DQ_SAMPLE_SITE}}/{name}?page=1",
        headers={{"x-token": "Bearer ${{DEMO_TOKEN}}"}},
        auth={auth},
        limits=Limits(attempts=2, longest_wait=1.0),
    ),
    Row,
)
'''
FEEDS = {
    "paid": 'Key("${DEMO_KEY}", param="api_key")',
    "closed": 'Basic("${DEMO_USER}", "${DEMO_PASSWORD}")',
    "broken": 'Key("${DEMO_KEY}", param="api_key")',
}


def everything_under(folder: Path) -> bytes:
    """Give all bytes of all files, compressed pages unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        found.append(path.read_bytes())
        while path.suffix == ".gz" and found[-1]:  # each record of a WARC file is a member of its own
            unpacker = zlib.decompressobj(31)
            rest = found.pop()
            found += [unpacker.decompress(rest), unpacker.unused_data]
    return b"\n".join(found)


def test_no_key_is_anywhere_but_in_the_request(tmp_path: Path) -> None:
    """One source arrives, one is refused with 401, one fails in the middle while its server repeats what it was sent;
    afterwards no file of the deployment, no row of the lake and no word on the screen holds a key.
    """
    checkout = copied_checkout(tmp_path / "checkout")
    for name, auth in FEEDS.items():
        source = checkout / "assets" / "sources" / f"demo__{name}.py"
        source.write_text(SOURCE.format(name=name, auth=auth), encoding="utf-8")

    with serving() as site:

        def page(request: Request) -> None:
            number = 2 if "page=2" in request.path else 1
            name = request.path[1:].partition("?")[0]
            following = f"/{name}?page=2" if number == 1 else None
            body = {"total": 2, "items": [{"id": number}], "next": following}
            said = f"{request.path} {request.headers}".replace("\n", " ")
            if name == "broken" and number == 2:
                request.reply(said.encode(), 500, {"x-echo": said})
            else:
                request.reply(json.dumps(body).encode(), 200, {"x-echo": said})

        site.pages |= {"/paid": page, "/broken": page}
        site.pages["/closed"] = lambda request: request.reply(str(request.headers).encode(), 401)
        deployment = Deployment(tmp_path / "home", tmp_path, site.url, checkout, SECRETS)
        ended = deployment.run("demo")
        sent = repr(site.log)

    assert ended.code == 4
    assert deployment.one("select count(*) from raw.demo__paid") == 2
    assert "HTTP 401: the API does not accept who asks" in ended.err
    assert "check ${DEMO_USER}, ${DEMO_PASSWORD}" in ended.err
    assert "HTTP 500" in ended.err
    for secret in ("k%2Fey%2677zq", SECRETS["DEMO_TOKEN"], BASIC):
        assert secret in sent
    held = everything_under(tmp_path / "home").decode("utf-8", "replace") + ended.out + ended.err
    for table in ("raw.landings", "quality.cursors", "quality.runs", "raw.demo__paid"):
        held += json.dumps(deployment.ask(f"select * from {table}").to_dicts(), default=str)
    assert "demo__paid" in held
    for secret in (*SECRETS.values(), "k%2Fey%2677zq", BASIC):
        if secret != SECRETS["DEMO_USER"]:
            assert secret not in held
    assert "77zq" not in held
