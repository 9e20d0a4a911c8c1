"""A warehouse's files as objects of an S3-compatible store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import duckdb
import obstore
from obstore.exceptions import BaseError

from dq.errors import ConfigError, IntegrityError
from dq.s3_access import S3Access
from dq.s3_uploads import abort_upload, unfinished_uploads
from dq.scratch import Scratch
from dq.warehouse.files import Found
from dq.warehouse.names import literal

if TYPE_CHECKING:
    from obstore.store import S3Store

_UPLOAD = "?uploadId="
CHUNK = 8 * 1024 * 1024


@dataclass(frozen=True)
class ObjectFiles:
    """A bucket and the prefix of all keys, without a slash at its ends; keys come from the environment, as needed."""

    bucket: str
    prefix: str
    extensions: tuple[str, ...] = ("httpfs",)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def _access(self) -> S3Access:
        return S3Access.of(os.environ)

    @property
    def _store(self) -> S3Store:
        return self._access.store(self.bucket)

    @property
    def options(self) -> dict[str, str]:
        """Polars' options, which name everything, so that it looks nowhere else."""
        access = self._access
        named = {
            "aws_endpoint_url": access.endpoint,
            "aws_region": access.region,
            "aws_access_key_id": access.key_id,
            "aws_secret_access_key": access.secret,
            "aws_session_token": access.token,
            "aws_allow_http": "true" if access.plain else "",
            "aws_skip_signature": "" if access.key_id else "true",
        }
        return {name: value for name, value in named.items() if value}

    def address(self, *parts: str) -> str:
        """Give the URL of an object."""
        return "/".join((str(self), *parts))

    def canonical(self, address: str) -> str:
        """Give the URL itself: an object has one."""
        return address

    def make_room(self) -> None:
        """Ask the store for the first object, whatever it is: buckets are made by whoever pays for them."""
        with self.asking():
            next(iter(obstore.list(self._store, f"{self.prefix}/", chunk_size=1)), None)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Take for the store's what its client says, and what Polars says of an object that is here."""
        try:
            yield
        except (BaseError, OSError) as error:
            if not isinstance(error, (BaseError, URLError)) and str(self) not in str(error):
                raise
            raise ConfigError(
                f"the object store does not do what it was asked to: {self._access.without_secrets(error)}",
                where=str(self),
                hint="check the bucket, AWS_ENDPOINT_URL, AWS_REGION and the keys in the environment",
            ) from None

    def let_in(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give the connection the keys, for objects under the prefix alone."""
        access = self._access
        secure, host = not access.plain, access.endpoint.partition("://")[2]
        given = {
            "key_id": access.key_id,
            "secret": access.secret,
            "session_token": access.token,
            "region": access.region,
            "endpoint": host,
            # Bucket names in host names need a DNS that knows them: Amazon's does.
            "url_style": "path" if host else "",
            "scope": f"{self}/",
        }
        words = ", ".join(f"{name} {literal(value)}" for name, value in given.items() if value)
        connection.execute(
            f"create or replace secret lake_files (type s3, {words}, use_ssl {str(secure).lower()})"
        )

    def found(self) -> Iterator[Found]:
        """Give every Parquet object under the prefix, as the store lists them."""
        with self.asking():
            for page in obstore.list(self._store, f"{self.prefix}/"):
                for entry in page:
                    if entry["path"].endswith(".parquet"):
                        url = f"s3://{self.bucket}/{entry['path']}"
                        yield Found(url, entry["last_modified"].timestamp(), entry["size"])

    def unfinished(self) -> Iterator[Found]:
        """Give the uploads in parts that were not completed, by the object's address and the upload's id."""
        with self.asking():
            for upload in unfinished_uploads(self._access, self.bucket, f"{self.prefix}/"):
                yield Found(f"s3://{self.bucket}/{upload.key}{_UPLOAD}{upload.id}", upload.begun, 0)

    def remove(self, addresses: Sequence[str]) -> None:
        """Remove objects, and the parts of uploads."""
        with self.asking():
            objects = [self._key(address) for address in addresses if _UPLOAD not in address]
            obstore.delete(self._store, objects)
            for address in addresses:
                key, _, upload = self._key(address).partition(_UPLOAD)
                if upload:
                    abort_upload(self._access, self.bucket, key, upload)

    @contextmanager
    def here(self, address: str) -> Iterator[Path]:
        """Give a copy in a temporary folder."""
        with Scratch("object") as folder:
            path = folder / address.rpartition("/")[2]
            try:
                with self.asking(), path.open("wb") as file:
                    for piece in obstore.get(self._store, self._key(address)).stream(min_chunk_size=CHUNK):
                        file.write(piece)
            except FileNotFoundError as error:
                raise IntegrityError(
                    "the catalog speaks of a file that is not there", where=address
                ) from error
            yield path

    def bring(self, path: Path, address: str) -> bool:
        """Put the file there."""
        with self.asking():
            obstore.put(self._store, self._key(address), path)
        return False

    def _key(self, address: str) -> str:
        return address.removeprefix(f"s3://{self.bucket}/")
