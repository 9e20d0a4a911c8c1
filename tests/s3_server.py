"""A small S3 over real HTTP: lists, gives, takes and removes objects, and checks every signature (version 4)."""

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape, unescape

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BUCKET = "lake"
PAGE = 3
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def signed(key: str, *texts: str) -> bytes:
    made = b"AWS4" + key.encode()
    for text in texts:
        made = hmac.new(made, text.encode(), hashlib.sha256).digest()
    return made


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go as one packet each; without this every answer waits for the client's acknowledgement.
    disable_nagle_algorithm = True
    server: "S3Server"

    def do_GET(self) -> None:
        if found := self._asked():
            key, query = found
            if not key and "uploads" in query:
                self._list_uploads(query)
            elif not key:
                self._list(query)
            else:
                self._give(key)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        body = self._body()
        if found := self._asked(body):
            key, query = found
            if "uploadId" in query:
                self.server.uploads[query["uploadId"]].parts[int(query["partNumber"])] = body
                self.server.parts_go_on.wait()
            else:
                self._take(key, body)
            self._reply(200, "", etag(body))

    def do_DELETE(self) -> None:
        if found := self._asked():
            key, query = found
            if "uploadId" in query:
                self.server.uploads.pop(query["uploadId"], None)
            else:
                self.server.objects.pop(key, None)
            self._reply(204, "")

    def do_POST(self) -> None:
        body = self._body()
        if not (found := self._asked(body)):
            return
        key, query = found
        if "delete" in query:
            names = re.findall("<Key>(.*?)</Key>", body.decode())
            for name in names:
                self.server.objects.pop(unescape(name), None)
            gone = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
            self._reply(200, f"<DeleteResult {_XMLNS}>{gone}</DeleteResult>")
        elif "uploads" in query:
            upload = uuid4().hex
            self.server.uploads[upload] = Upload(key, datetime.now(UTC), {})
            made = f"<Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
            self._reply(
                200, f"<InitiateMultipartUploadResult {_XMLNS}>{made}</InitiateMultipartUploadResult>"
            )
        else:
            # The parts become an object at once, and only now.
            parts = self.server.uploads.pop(query["uploadId"]).parts
            whole = b"".join(parts[number] for number in sorted(parts))
            self._take(key, whole)
            made = f"<Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key><ETag>{escape(etag(whole))}</ETag>"
            self._reply(
                200, f"<CompleteMultipartUploadResult {_XMLNS}>{made}</CompleteMultipartUploadResult>"
            )

    def _asked(self, body: bytes = b"") -> tuple[str, dict[str, str]] | None:
        """Give key and parameters of a request that may be answered; else refuse it."""
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.server.log.append(unquote(self.path))
        if not self.server.public and not self._is_signed(parts.path, parts.query, body):
            self._reply(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif bucket != BUCKET:
            self._reply(404, "<Error><Code>NoSuchBucket</Code></Error>")
        else:
            return key, query
        return None

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _take(self, key: str, body: bytes) -> None:
        self.server.times[key] = datetime.now(UTC)
        self.server.objects[key] = body

    def _give(self, key: str) -> None:
        if key not in self.server.objects:
            self._reply(404, "<Error><Code>NoSuchKey</Code></Error>")
            return
        whole = self.server.objects[key]
        time = self.server.times.get(key, LONG_AGO)
        if self.headers.get("if-match") not in {None, etag(whole)}:
            self._reply(412, "<Error><Code>PreconditionFailed</Code></Error>")
            return
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("range") or "")
        if asked is None:
            self._reply(200, whole, time=time)
            return
        first = int(asked[1]) if asked[1] else max(0, len(whole) - int(asked[2]))
        last = min(int(asked[2]) if asked[1] and asked[2] else len(whole) - 1, len(whole) - 1)
        if first >= len(whole):
            self._reply(416, "<Error><Code>InvalidRange</Code></Error>")
            return
        self._reply(206, whole[first : last + 1], etag(whole), time, f"bytes {first}-{last}/{len(whole)}")

    def _list(self, query: dict[str, str]) -> None:
        assert query["list-type"] == "2"
        start = query.get("continuation-token") or query.get("start-after", "")
        keys = sorted(
            key
            for key in list(self.server.objects)
            if key.startswith(query.get("prefix", "")) and key > start
        )
        page, more = keys[: self.server.page], len(keys) > self.server.page
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key>"
            f"<LastModified>{self.server.times.get(key, LONG_AGO):%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>{escape(etag(body))}</ETag><Size>{len(body)}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in page
            if (body := self.server.objects.get(key)) is not None
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        self._reply(
            200,
            f'<?xml version="1.0"?><ListBucketResult {_XMLNS}><Name>{BUCKET}</Name>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>",
        )

    def _list_uploads(self, query: dict[str, str]) -> None:
        """Two a page, in the order of their keys and ids."""
        marker = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
        left = sorted(
            (upload.key, name, upload.begun)
            for name, upload in list(self.server.uploads.items())
            if upload.key.startswith(query["prefix"]) and (upload.key, name) > marker
        )
        entries = "".join(
            f"<Upload><Key>{escape(key)}</Key><UploadId>{name}</UploadId>"
            f"<Initiated>{begun:%Y-%m-%dT%H:%M:%S.000Z}</Initiated></Upload>"
            for key, name, begun in left[:2]
        )
        more = len(left) > 2
        token = (
            f"<NextKeyMarker>{escape(left[1][0])}</NextKeyMarker>"
            f"<NextUploadIdMarker>{left[1][1]}</NextUploadIdMarker>"
            if more
            else ""
        )
        self._reply(
            200,
            f'<?xml version="1.0"?><ListMultipartUploadsResult {_XMLNS}><Bucket>{BUCKET}</Bucket>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListMultipartUploadsResult>",
        )

    def _is_signed(self, path: str, query: str, body: bytes) -> bool:
        """Do what the server does by the book: make the signature anew from the request, and compare."""
        said = self.headers.get("authorization", "")
        if not said.startswith("AWS4-HMAC-SHA256 "):
            return False
        content = self.headers["x-amz-content-sha256"]
        if content not in {"UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()}:
            return False
        checksum = self.headers.get("content-md5")
        if checksum not in {
            None,
            base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
        }:
            return False
        fields = dict(field.strip().split("=", 1) for field in said.split(" ", 1)[1].split(","))
        names = fields["SignedHeaders"].split(";")
        date, region, service, kind = fields["Credential"].split("/")[1:]
        canonical = "\n".join(
            [
                self.command,
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
                content,
            ]
        )
        scope = f"{date}/{region}/{service}/{kind}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, digest])
        key = signed(SECRET, date, region, service, kind)
        made = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return fields["Credential"].startswith(f"{KEY}/") and hmac.compare_digest(made, fields["Signature"])

    def _reply(
        self,
        status: int,
        body: str | bytes,
        tag: str | None = None,
        time: datetime = LONG_AGO,
        content_range: str | None = None,
    ) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.send_header("etag", tag or etag(content))
        self.send_header("last-modified", format_datetime(time, usegmt=True))
        self.send_header("accept-ranges", "bytes")
        if content_range:
            self.send_header("content-range", content_range)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@dataclass
class Upload:
    key: str
    begun: datetime
    parts: dict[int, bytes]


class S3Server(ThreadingHTTPServer):
    """The objects of the bucket `lake`; `log` is every request's path and query.

    An object is there from one moment to the next, whole; parts of an upload that was not completed are not.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.objects: dict[str, bytes] = {}
        self.times: dict[str, datetime] = {}
        self.uploads: dict[str, Upload] = {}
        self.parts_go_on = threading.Event()
        self.parts_go_on.set()
        self.log: list[str] = []
        self.public = False
        self.page = PAGE

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
