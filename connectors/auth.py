"""How an API knows who asks: a key, a bearer token, a name with a password. OAuth stands in `connectors.oauth`."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from connectors.placeholders import Secrets, fill
from connectors.transport import Answer

Environment = Mapping[str, str]
Ask = Callable[..., Awaitable[Answer]]
"""Fetches an address without any proof of who asks: `Transport.get`."""


class Auth(Protocol):
    """Gives what proves who asks; its texts hold `${NAME}`s, so that no secret stands in a declaration."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that may hold `${NAME}`s."""
        ...

    def params(self, environment: Environment) -> dict[str, str]:
        """Give parameters of the query."""
        ...

    async def headers(self, ask: Ask, environment: Environment, secrets: Secrets) -> dict[str, str]:
        """Give headers; what is secret in them is made known to `secrets` first."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Forget these headers, since the server refused them; say whether there may be better ones."""
        ...


@dataclass(frozen=True)
class Key:
    """A key in a header or, with `param`, in the query.

    >>> Key("${SHOP_KEY}", param="api_key").params({"SHOP_KEY": "s3cret"})
    {'api_key': 's3cret'}
    """

    value: str
    header: str = "x-api-key"
    param: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The key."""
        return (self.value,)

    def params(self, environment: Environment) -> dict[str, str]:
        """Give the key where it belongs into the query."""
        return {} if self.param is None else {self.param: fill(self.value, environment)}

    async def headers(self, ask: Ask, environment: Environment, secrets: Secrets) -> dict[str, str]:  # noqa: ARG002
        """Give the key where it belongs into a header."""
        return {} if self.param is not None else {self.header: fill(self.value, environment)}

    def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Say no: there is one key."""
        return False


@dataclass(frozen=True)
class Bearer:
    """A token that was handed out by hand, as `Authorization: Bearer …`."""

    token: str

    @property
    def texts(self) -> tuple[str, ...]:
        """The token."""
        return (self.token,)

    def params(self, environment: Environment) -> dict[str, str]:  # noqa: ARG002
        """Give nothing."""
        return {}

    async def headers(self, ask: Ask, environment: Environment, secrets: Secrets) -> dict[str, str]:  # noqa: ARG002
        """Give the token."""
        return {"authorization": f"Bearer {fill(self.token, environment)}"}

    def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Say no: there is one token."""
        return False


@dataclass(frozen=True)
class Basic:
    """A name and a password, as `Authorization: Basic …`."""

    user: str
    password: str

    @property
    def texts(self) -> tuple[str, ...]:
        """Name and password."""
        return (self.user, self.password)

    def params(self, environment: Environment) -> dict[str, str]:  # noqa: ARG002
        """Give nothing."""
        return {}

    async def headers(self, ask: Ask, environment: Environment, secrets: Secrets) -> dict[str, str]:  # noqa: ARG002
        """Give both, encoded; the encoded form is as secret as the password."""
        pair = f"{fill(self.user, environment)}:{fill(self.password, environment)}"
        encoded = base64.b64encode(pair.encode()).decode()
        secrets.learn("BASIC", encoded)
        return {"authorization": f"Basic {encoded}"}

    def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Say no: there is one password."""
        return False
