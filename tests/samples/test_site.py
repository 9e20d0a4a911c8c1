"""The site over real HTTP on loopback, and its command."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from samples.error import SampleError
from samples.site import address, main, serving

CHECKOUT = Path(__file__).parents[2]


@contextmanager
def connection(site: str) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(site)
    opened = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        yield opened
    finally:
        opened.close()


def ask(
    opened: http.client.HTTPConnection, target: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    opened.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = opened.getresponse()
    return response, response.read()


def test_one_connection_carries_many_requests(sample_site: str) -> None:
    """HTTP/1.1 keep-alive: 100 pages over one socket, without the 40 ms each that delayed ACKs would cost."""
    with connection(sample_site) as opened:
        ask(opened, "/")
        socket_at_first = opened.sock
        took = []
        for number in range(1, 101):
            start = time.perf_counter()
            response, body = ask(opened, f"/social/posts/page-{number:03}.html")
            took.append(time.perf_counter() - start)
            assert response.status == 200
            assert response.version == 11
            assert int(response.headers["Content-Length"]) == len(body)
        assert opened.sock is socket_at_first
        assert min(took) < 0.03  # a delayed ACK would cost each of them its 40 ms


def test_head_is_get_without_the_body(sample_site: str) -> None:
    """HEAD gives the same status and headers as GET, and no body; the connection stays usable."""
    with connection(sample_site) as opened:
        for target in ("/", "/archives/medical/b3db.zip", "/api/medical/patients", "/nothing"):
            head, nothing = ask(opened, target, "HEAD")
            get, body = ask(opened, target)
            assert nothing == b""
            assert head.status == get.status
            kept = ("Content-Type", "Content-Length", "ETag")
            assert [head.headers[name] for name in kept] == [get.headers[name] for name in kept]
            assert int(get.headers["Content-Length"]) == len(body)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_an_unchanged_answer_is_not_sent_again(form: str, sample_site: str) -> None:
    """If-None-Match with the current ETag gives 304 with that ETag and no body; another ETag gives all."""
    with connection(sample_site) as opened:
        for target in (
            "/social/posts/page-003.html",
            "/api/medical/patients?page=2",
            "/archives/medical/b3db.zip",
        ):
            first, body = ask(opened, target)
            tag = first.headers["ETag"]
            again, nothing = ask(opened, target, If_None_Match=form.format(tag))
            assert (again.status, nothing, again.headers["ETag"]) == (304, b"", tag)
            other, whole = ask(opened, target, If_None_Match='"other"')
            assert (other.status, whole) == (200, body)


def test_media_types_name_their_charset(sample_site: str) -> None:
    """Text is declared as UTF-8, archives as what they are."""
    with connection(sample_site) as opened:
        types = {
            target: ask(opened, target)[0].headers["Content-Type"]
            for target in (
                "/",
                "/robots.txt",
                "/sitemap.xml",
                "/healthz",
                "/archives/medical/b3db.zip",
                "/api/x",
                "/x",
            )
        }
    assert types == {
        "/": "text/html; charset=utf-8",
        "/robots.txt": "text/plain; charset=utf-8",
        "/sitemap.xml": "application/xml; charset=utf-8",
        "/healthz": "application/json; charset=utf-8",
        "/archives/medical/b3db.zip": "application/zip",
        "/api/x": "application/json; charset=utf-8",
        "/x": "text/html; charset=utf-8",
    }


def test_the_site_is_only_read(sample_site: str) -> None:
    """Another method than GET and HEAD is refused with 405 and the list of what is allowed."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        with connection(sample_site) as opened:
            opened.request(method, "/", body=b"x" * 1000)
            response = opened.getresponse()
            assert response.status == 405
            assert response.headers["Allow"] == "GET, HEAD"


def test_many_crawlers_at_once_get_the_same(sample_site: str) -> None:
    """16 connections at once, each over all collections, see the same bytes."""

    def crawl(_: int) -> tuple[bytes, ...]:
        with connection(sample_site) as opened:
            targets = [f"/finance/applicants/page-{number:03}.html" for number in range(1, 21)]
            return tuple(
                ask(opened, target)[1] for target in [*targets, "/api/medical/patients?per_page=500"]
            )

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(crawl, range(16)))) == 1


def test_a_client_that_goes_away_harms_nobody(sample_site: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A connection dropped in the middle of an answer leaves no traceback, and the site answers on."""
    parts = urlsplit(sample_site)
    for _ in range(5):
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as dropped:
            dropped.sendall(b"GET /archives/medical/b3db.zip HTTP/1.1\r\nHost: x\r\n\r\n")
            dropped.recv(10)
    with connection(sample_site) as opened:
        assert ask(opened, "/healthz")[0].status == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_site_stops_when_its_block_ends(sample_root: Path) -> None:
    """After the block nothing listens there any more, and the port can be had again at once."""
    with serving(sample_root) as url, connection(url) as opened:
        assert ask(opened, "/healthz")[0].status == 200
    port = urlsplit(url).port or 0
    with pytest.raises(ConnectionRefusedError), connection(url) as opened:
        ask(opened, "/healthz")
    with serving(sample_root, port=port) as again:
        assert again == url


def test_without_the_data_the_way_out_is_said(tmp_path: Path) -> None:
    """A site with nothing to serve doesn't start, and names the two commands that get the data."""
    with pytest.raises(SampleError, match=r"samples\.download.*samples\.build"), serving(tmp_path):
        pass


@pytest.mark.parametrize(
    "url", ["http://0.0.0.0:8765", "http://192.168.1.5:80", "http://example.org", "nonsense"]
)
def test_other_machines_get_in_only_when_asked_for(url: str) -> None:
    """DQ_SAMPLE_SITE alone can't open the site to the network; --host can."""
    with pytest.raises(SampleError, match="this machine only"):
        address(url, None, None)
    assert address(url, "0.0.0.0", 8765) == ("0.0.0.0", 8765)  # noqa: S104


def test_a_port_in_use_by_another_program_is_one_clear_error(
    sample_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 1, says which address is taken, and points to DQ_SAMPLE_SITE."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        home = {"DQ_HOME": str(sample_root.parent), "DQ_SAMPLE_SITE": f"http://127.0.0.1:{port}"}
        assert main([], home) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: the site can't listen")
    assert f"127.0.0.1:{port}" in said
    assert "DQ_SAMPLE_SITE" in said


def test_the_command_serves_knows_itself_and_stops(sample_root: Path, tmp_path: Path) -> None:
    """The ready file comes when it answers; a second one finds the first and ends with 0; SIGTERM ends it."""
    ready = tmp_path / "ready"
    environment = {**os.environ, "DQ_HOME": str(sample_root.parent)}
    environment.pop("DQ_SAMPLE_SITE", None)
    command = [sys.executable, "-m", "samples.site"]
    start = time.perf_counter()
    site = subprocess.Popen(  # noqa: S603
        [*command, "--port", "0", "--ready-file", str(ready)],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while not ready.exists():
            assert site.poll() is None, "the site ended before it was ready"
            assert time.perf_counter() - start < 120, "the site was not ready in two minutes"
            time.sleep(0.02)
        url = ready.read_text().strip()
        with connection(url) as opened:
            assert ask(opened, "/healthz")[0].status == 200
        second = subprocess.run(  # noqa: S603
            command,
            cwd=CHECKOUT,
            env={**environment, "DQ_SAMPLE_SITE": url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (second.returncode, second.stdout) == (0, f"the sample site is already serving on {url}\n")
    finally:
        site.send_signal(signal.SIGTERM)
        said, _ = site.communicate(timeout=120)
    assert site.returncode == 0
    assert f"ready on {url}" in said
    assert not ready.exists()


def test_the_site_needs_nothing_but_python() -> None:
    """Importing the site loads nothing outside the standard library, so it starts at once."""
    program = (
        "import sys; import samples.site, samples.download, samples.build; "
        "print(sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['__main__', 'samples']"
