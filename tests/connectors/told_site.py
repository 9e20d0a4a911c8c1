"""A site on loopback that does what a test tells it, also what no decent site would do."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request; a behaviour answers it by `reply`, or byte by byte by `raw`."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    sent = b""

    def do_POST(self) -> None:
        self.sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        site = self.server.site
        with site.lock:
            site.log.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        try:
            behaviour = site.pages.get(self.path) or site.pages.get(self.path.partition("?")[0])
            if behaviour is None:
                self.reply(b"not here", status=404)
            else:
                behaviour(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        sent = {"content-type": "text/html", "content-length": str(len(body)), **(headers or {})}
        self.send_response(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, *parts: bytes, pause: float = 0.0) -> None:
        self.close_connection = True
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(pause)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    site: "ToldSite"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet when a client hangs up."""


class ToldSite:
    """`pages` holds what each path does; `log` is every request's path and headers, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, Behaviour] = {}
        self.log: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()

    @property
    def environment(self) -> dict[str, str]:
        return {"DQ_SAMPLE_SITE": self.url}

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.log]

    def gives(self, path: str, body: bytes | str, status: int = 200, **headers: str) -> None:
        """Serve a page; header names are written with _ for -."""
        content = body.encode() if isinstance(body, str) else body
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = lambda request: request.reply(content, status, sent)

    def gives_tagged(self, path: str, body: bytes | str, etag: str, **headers: str) -> None:
        """Serve a page with an ETag, and 304 to who has it."""
        content = body.encode() if isinstance(body, str) else body

        def page(request: Request) -> None:
            if request.headers.get("if-none-match") == etag:
                request.reply(b"", 304, {"etag": etag})
            else:
                request.reply(content, 200, {"etag": etag, **headers})

        self.pages[path] = page

    def does_in_turn(self, path: str, *behaviours: Behaviour) -> None:
        """Do one after the other, and the last for ever."""
        left = list(behaviours)

        def page(request: Request) -> None:
            with self.lock:
                behaviour = left.pop(0) if len(left) > 1 else left[0]
            behaviour(request)

        self.pages[path] = page


@contextmanager
def serving() -> Iterator[ToldSite]:
    server = _Server(("127.0.0.1", 0), Request)
    site = server.site = ToldSite(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
