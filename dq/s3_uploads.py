"""Uploads in parts that were begun and not completed: what a writer that was killed in a large object leaves."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

from dq.s3_access import S3Access

TIMEOUT_S = 60
_SAFE = "-_.~"
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Upload:
    """An upload by the key that its object would have, its id, and when it began (seconds since the epoch)."""

    key: str
    id: str
    begun: float


def unfinished_uploads(access: S3Access, bucket: str, prefix: str) -> Iterator[Upload]:
    """Give the uploads under a prefix that are neither completed nor aborted; also those that go on right now.

    Raises:
        OSError: the store does not answer or refuses (`urllib.error.HTTPError`).

    """
    after: dict[str, str] = {}
    while True:
        page = ET.fromstring(  # noqa: S314 - from the store that is trusted with the data
            _answer(access, bucket, "GET", "", {"uploads": "", "prefix": prefix} | after)
        )
        for upload in page.iterfind("{*}Upload"):
            begun = datetime.fromisoformat(upload.findtext("{*}Initiated", ""))
            yield Upload(upload.findtext("{*}Key", ""), upload.findtext("{*}UploadId", ""), begun.timestamp())
        if page.findtext("{*}IsTruncated") != "true":
            return
        after = {
            "key-marker": page.findtext("{*}NextKeyMarker", ""),
            "upload-id-marker": page.findtext("{*}NextUploadIdMarker", ""),
        }


def abort_upload(access: S3Access, bucket: str, key: str, upload: str) -> None:
    """Remove the parts of an upload; it can't be completed any more.

    Raises:
        OSError: the store does not answer or refuses.

    """
    _answer(access, bucket, "DELETE", key, {"uploadId": upload})


def _answer(access: S3Access, bucket: str, method: str, key: str, query: Mapping[str, str]) -> bytes:
    """Ask what obstore (0.9) has no words for: signed by version 4, or as anybody where there are no keys."""
    url = urlsplit(access.endpoint or f"https://{bucket}.s3.{access.region}.amazonaws.com")
    path = quote(f"/{bucket}/{key}" if access.endpoint else f"/{key}", safe=f"/{_SAFE}")
    words = "&".join(f"{quote(name, safe=_SAFE)}={quote(query[name], safe=_SAFE)}" for name in sorted(query))
    # The store holds the time of a signature against its own: no other clock will do.
    time = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    headers = {"host": url.netloc, "x-amz-content-sha256": _NOTHING, "x-amz-date": time}
    if access.token:
        headers["x-amz-security-token"] = access.token
    if access.key_id:
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        asked = f"{method}\n{path}\n{words}\n{lines}\n{names}\n{_NOTHING}"
        scope = f"{time[:8]}/{access.region}/s3/aws4_request"
        text = "\n".join(("AWS4-HMAC-SHA256", time, scope, hashlib.sha256(asked.encode()).hexdigest()))
        made = f"AWS4{access.secret}".encode()
        for word in (*scope.split("/"), text):
            made = hmac.digest(made, word.encode(), "sha256")
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={access.key_id}/{scope}, SignedHeaders={names}, Signature={made.hex()}"
        )
    request = Request(f"{url.scheme}://{url.netloc}{path}?{words}", method=method, headers=headers)  # noqa: S310
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http or https, as the endpoint says
        body: bytes = answer.read()
    return body
