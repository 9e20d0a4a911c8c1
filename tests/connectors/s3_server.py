"""A small S3: lists and gives objects over real HTTP, and checks every request's signature (AWS, version 4)."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
PAGE = 3


def signed(key: str, *texts: str) -> bytes:
    made = b"AWS4" + key.encode()
    for text in texts:
        made = hmac.new(made, text.encode(), hashlib.sha256).digest()
    return made


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "S3Server"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        self.server.log.append(unquote(self.path))
        if not self.server.public and not self._is_signed(parts.path, parts.query):
            self._reply(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif bucket != "lake":
            self._reply(404, "<Error><Code>NoSuchBucket</Code></Error>")
        elif not key:
            self._list(dict(parse_qsl(parts.query)))
        elif key not in self.server.objects:
            self._reply(404, "<Error><Code>NoSuchKey</Code></Error>")
        elif self.headers.get("if-match") not in {None, etag(self.server.objects[key])}:
            self._reply(412, "<Error><Code>PreconditionFailed</Code></Error>")
        else:
            self._reply(200, self.server.objects[key])

    def _list(self, query: dict[str, str]) -> None:
        assert query["list-type"] == "2"
        start = query.get("continuation-token", "")
        keys = sorted(
            key for key in self.server.objects if key.startswith(query.get("prefix", "")) and key > start
        )
        page, more = keys[:PAGE], len(keys) > PAGE
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
            f"<ETag>{escape(etag(self.server.objects[key]))}</ETag><Size>{len(self.server.objects[key])}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        self._reply(
            200,
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>lake</Name>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>",
        )

    def _is_signed(self, path: str, query: str) -> bool:
        """Do what the server does by the book: make the signature anew from the request, and compare."""
        said = self.headers.get("authorization", "")
        if not said.startswith("AWS4-HMAC-SHA256 "):
            return False
        fields = dict(field.strip().split("=", 1) for field in said.split(" ", 1)[1].split(","))
        names = fields["SignedHeaders"].split(";")
        date, region, service, kind = fields["Credential"].split("/")[1:]
        canonical = "\n".join(
            [
                "GET",
                path,
                "&".join(
                    sorted(
                        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
                        for name, value in parse_qsl(query, keep_blank_values=True)
                    )
                ),
                *(f"{name}:{self.headers[name].strip()}" for name in names),
                "",
                ";".join(names),
                self.headers["x-amz-content-sha256"],
            ]
        )
        scope = f"{date}/{region}/{service}/{kind}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, digest])
        key = signed(SECRET, date, region, service, kind)
        made = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return fields["Credential"].startswith(f"{KEY}/") and hmac.compare_digest(made, fields["Signature"])

    def _reply(self, status: int, body: str | bytes) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.send_header("etag", etag(content))
        self.send_header("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


class S3Server(ThreadingHTTPServer):
    """The objects of the bucket `lake`; `log` is every request's path and query."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.objects: dict[str, bytes] = {}
        self.log: list[str] = []
        self.public = False

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }


@contextmanager
def serving() -> Iterator[S3Server]:
    server = S3Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
