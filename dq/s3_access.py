"""How an S3-compatible store is reached: endpoint, region and keys, as the AWS tools read them from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dq.aws_profile import profile

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Store

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class S3Access:
    """Where the store is (Amazon's where `endpoint` is empty), and the keys; without keys nothing is signed."""

    endpoint: str
    region: str
    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> S3Access:
        """Read `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, `AWS_REGION` or `AWS_DEFAULT_REGION`, and the keys.

        What is not set comes from the profile that `AWS_PROFILE` names; where keys are set, they are not its.

        Raises:
            ConfigError: the profile cannot be used.

        >>> S3Access.of({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000/", "AWS_ACCESS_KEY_ID": "alone"})
        S3Access(endpoint='http://127.0.0.1:9000', region='us-east-1')

        """
        signs = all(environment.get(key) for key in KEYS)
        if not signs and (name := environment.get("AWS_PROFILE")):
            environment = _with(environment, profile(name, environment, datetime.now(UTC)))
            signs = True
        return cls(
            endpoint=_first(environment, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL").rstrip("/"),
            region=_first(environment, "AWS_REGION", "AWS_DEFAULT_REGION") or "us-east-1",
            key_id=environment["AWS_ACCESS_KEY_ID"] if signs else "",
            secret=environment["AWS_SECRET_ACCESS_KEY"] if signs else "",
            token=environment.get("AWS_SESSION_TOKEN", "") if signs else "",
        )

    @property
    def plain(self) -> bool:
        """Whether the store is spoken to without TLS."""
        return self.endpoint.startswith("http://")

    def store(self, bucket: str) -> S3Store:
        """Give a client of a bucket; nothing is asked yet."""
        from obstore.store import S3Store  # noqa: PLC0415 - only where files are objects

        config: S3Config = {"region": self.region}
        if self.endpoint:
            config["endpoint"] = self.endpoint
        if self.key_id:
            config["access_key_id"], config["secret_access_key"] = self.key_id, self.secret
            if self.token:
                config["session_token"] = self.token
        else:
            config["skip_signature"] = True
        options: ClientConfig = {"allow_http": self.plain, "timeout": "300s"}
        return S3Store(bucket, config=config, client_options=options)

    def without_secrets(self, error: Exception) -> str:
        """Give an error's words in one line, without the keys."""
        text = str(error).partition("Debug source")[0]
        for value in (self.key_id, self.secret, self.token):
            if value:
                text = text.replace(value, "…")
        return " ".join(text.split())[:500]


def _with(environment: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """Give both; the keys are the profile's alone, since half of one pair and half of another open nothing."""
    place = {
        name: value
        for name, value in environment.items()
        if value and name not in {*KEYS, "AWS_SESSION_TOKEN"}
    }
    region = place.get("AWS_REGION") or place.get("AWS_DEFAULT_REGION")
    return {**said, **place, **({"AWS_REGION": region} if region else {})}


def _first(environment: Mapping[str, str], *names: str) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")
