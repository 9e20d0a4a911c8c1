from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.error import HTTPError

import pytest

from dq.s3_access import S3Access
from dq.s3_uploads import abort_upload, unfinished_uploads
from tests.s3_server import BUCKET, S3Server, Upload, serving


@pytest.fixture
def server() -> Iterator[S3Server]:
    with serving() as server:
        yield server


def test_all_uploads_under_a_prefix_are_listed_page_by_page_and_aborted(server: S3Server) -> None:
    """With key, id and time; those beside it are left alone; every request is signed."""
    begun = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    keys = [f"lake/a b/{n} ü+%.parquet" for n in (1, 1, 2, 3, 4)]
    server.uploads.update({f"u-{n}": Upload(key, begun, {1: b"x"}) for n, key in enumerate(keys)})
    server.uploads["other"] = Upload("other/x.parquet", begun, {})
    access = S3Access.of(server.environment)
    found = list(unfinished_uploads(access, BUCKET, "lake/"))
    assert sorted((one.key, one.id, one.begun) for one in found) == [
        (key, f"u-{n}", begun.timestamp()) for n, key in enumerate(keys)
    ]
    for one in found:
        abort_upload(access, BUCKET, one.key, one.id)
    assert list(server.uploads) == ["other"]
    assert list(unfinished_uploads(access, BUCKET, "lake/")) == []


def test_a_wrong_key_is_refused(server: S3Server) -> None:
    """As by any store, which is told as an HTTP error."""
    access = S3Access.of(server.environment | {"AWS_SECRET_ACCESS_KEY": "wrong"})
    with pytest.raises(HTTPError, match="403"):
        list(unfinished_uploads(access, BUCKET, ""))
