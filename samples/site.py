"""Serves the sample records over HTTP on this machine: `python -m samples.site`."""

import argparse
import http.client
import ipaddress
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit

from samples.answer import Answer
from samples.content import NEEDS, SITE, Content
from samples.error import SampleError
from samples.home import sample_root

DEFAULT_URL = "http://127.0.0.1:8765"
READS = "GET, HEAD"


@contextmanager
def serving(root: Path, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `root` from a thread while the block runs, and give the base URL; port 0 takes a free one.

    Raises SampleError when the sample data is not there or the port can't be had.
    """
    with _Server(root, host, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sample-site", daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingMixIn, TCPServer):
    """A thread for each connection; bound when made, so that its URL is known before it serves."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, root: Path, host: str, port: int, *, log: bool = False) -> None:
        for path in NEEDS:
            if not (root / path).is_file():
                raise SampleError(
                    "the sample data is not all there",
                    where=str(root / path),
                    hint="get it with `python -m samples.download`, then `python -m samples.build`",
                )
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise SampleError(
                f"the site can't listen: {error.strerror or error}",
                where=f"{host}:{port}",
                hint="choose another for the site and for dq: DQ_SAMPLE_SITE=http://127.0.0.1:8766, say",
            ) from error
        self.url = f"http://{host}:{self.server_address[1]}"
        self.content = Content(root, self.url)
        self.log = log

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong with a connection, except that a client went away, which is its right."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive, strong ETags and conditional requests, over what Content answers."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "dq-sample-site"
    sys_version = ""
    timeout = 60  # seconds that an idle connection is kept
    # Head and body leave in one segment: written apart, each answer would wait 40 ms for the client's ACK.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with head and body."""
        self._answer(self.server.content.at(self.path), body=True)

    def do_HEAD(self) -> None:
        """Answer with the head that GET would have."""
        self._answer(self.server.content.at(self.path), body=False)

    def _refuse(self) -> None:
        self.close_connection = True  # the request's body, if any, is not read
        message = f"this site is only read: {READS}\n".encode()
        answer = Answer(HTTPStatus.METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", message)
        self._answer(answer, body=True)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse  # noqa: N815

    def _answer(self, answer: Answer, *, body: bool) -> None:
        found = answer.status == HTTPStatus.OK
        if found and _matches(self.headers.get("If-None-Match"), answer.etag):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", answer.etag)
            self.end_headers()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if found:
            self.send_header("ETag", answer.etag)
            self.send_header("Cache-Control", "no-cache")  # keep it, but ask each time whether it's still so
        if answer.location:
            self.send_header("Location", answer.location)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", READS)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if body:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log each request only when the site was started with --log."""
        if self.server.log:
            super().log_message(format, *args)


def _matches(if_none_match: str | None, etag: str) -> bool:
    """Tell whether an If-None-Match header names this ETag (RFC 9110: compared weakly, * names any)."""
    if if_none_match is None:
        return False
    return any(tag.strip().removeprefix("W/") in {etag, "*"} for tag in if_none_match.split(","))


def address(url: str, host: str | None, port: int | None) -> tuple[str, int]:
    """Choose where to listen: `host` and `port` where given, else those of `url`, if they are this machine's.

    >>> address("http://127.0.0.1:8765", None, None)
    ('127.0.0.1', 8765)

    Raises SampleError for a URL that is no address of loopback: other machines get in only by --host.
    """
    try:
        parts = urlsplit(url)
        named, url_port = parts.hostname or "", parts.port or 80
    except ValueError:
        named, url_port = "", 0
    chosen = host or named
    if host is None and not _is_loopback(chosen):
        raise SampleError(
            "the sample site listens on this machine only",
            where=f"DQ_SAMPLE_SITE={url}",
            hint="name an address such as http://127.0.0.1:8765, or say --host to let other machines in",
        )
    return chosen, url_port if port is None else port


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


def already_there(host: str, port: int) -> bool:
    """Tell whether a sample site of ours answers at this address."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        said = json.loads(connection.getresponse().read(10_000))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(said, dict) and said.get("site") == SITE


def run(root: Path, host: str, port: int, *, ready_file: Path | None, log: bool) -> None:
    """Serve until told to stop (Ctrl-C or SIGTERM), or return at once where the same site serves already.

    `ready_file` is written, with the base URL in it, once the site answers; and is removed at the end.
    """
    try:
        server = _Server(root, host, port, log=log)
    except SampleError:
        if not (port and already_there(host, port)):
            raise
        url = f"http://{host}:{port}"
        print(f"the sample site is already serving on {url}", flush=True)
        _tell_ready(ready_file, url)
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with server:
            _tell_ready(ready_file, server.url)
            print(f"the sample site is ready on {server.url}   (Ctrl-C stops it)", flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        print("the sample site has stopped")
    finally:
        if ready_file:
            ready_file.unlink(missing_ok=True)


def _tell_ready(ready_file: Path | None, url: str) -> None:
    """Write the URL in one step: who waits for the file never reads it half written."""
    if ready_file:
        partial = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
        partial.write_text(url + "\n", encoding="utf-8")
        partial.replace(ready_file)


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run from the command line: 0 when it served or serves already, 1 with one error when it can't."""
    parser = argparse.ArgumentParser(prog="python -m samples.site", description=__doc__)
    parser.add_argument(
        "--port", type=int, help="default: the port in DQ_SAMPLE_SITE, else 8765; 0 takes a free one"
    )
    parser.add_argument("--host", help="default: the host in DQ_SAMPLE_SITE, else 127.0.0.1")
    parser.add_argument("--ready-file", type=Path, help="written with the site's URL once it answers")
    parser.add_argument("--log", action="store_true", help="log each request to standard error")
    asked = parser.parse_args(arguments)
    try:
        host, port = address(environ.get("DQ_SAMPLE_SITE") or DEFAULT_URL, asked.host, asked.port)
        run(sample_root(environ), host, port, ready_file=asked.ready_file, log=asked.log)
    except SampleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
