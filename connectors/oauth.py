"""OAuth 2.0 client credentials: a token that is fetched when it is needed, kept, and renewed when it is refused."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from connectors.auth import Ask, Environment
from connectors.placeholders import Secrets, fill
from dq.errors import FetchError


@dataclass
class _Held:
    """The token of this process."""

    token: str | None = None
    lock: asyncio.Lock | None = None
    loop: asyncio.AbstractEventLoop | None = None


@dataclass(frozen=True)
class OAuth:
    """Client credentials (RFC 6749, 4.4): id and secret are traded for a token at `token_url`.

    The token is asked for once a process, however many pages want it at once, and again when a page answers 401.
    It is never written down. What is in `form` is sent beside, such as an `audience`; with `basic`, id and secret go as
    Basic authorization and not in the form.
    """

    token_url: str
    client_id: str
    client_secret: str
    scope: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    basic: bool = False
    _held: _Held = field(default_factory=_Held, init=False, repr=False, compare=False)

    @property
    def texts(self) -> tuple[str, ...]:
        """Id, secret and what is sent beside."""
        return (self.client_id, self.client_secret, *self.form.values())

    def params(self, environment: Environment) -> dict[str, str]:  # noqa: ARG002
        """Give nothing."""
        return {}

    async def headers(self, ask: Ask, environment: Environment, secrets: Secrets) -> dict[str, str]:
        """Give the token, after fetching it where there is none.

        Raises:
            FetchError: where the token's server refuses or answers something else.

        """
        async with self._lock():
            if self._held.token is None:
                self._held.token = await self._fetch(ask, environment, secrets)
            secrets.learn("ACCESS_TOKEN", self._held.token)
            return {"authorization": f"Bearer {self._held.token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Forget the token, unless another page has renewed it by now."""
        if refused.get("authorization") == f"Bearer {self._held.token}":
            self._held.token = None
        return True

    def _lock(self) -> asyncio.Lock:
        """Give the lock of the loop that runs now: each fetch has a loop of its own."""
        loop = asyncio.get_running_loop()
        if self._held.lock is None or self._held.loop is not loop:
            self._held.lock, self._held.loop = asyncio.Lock(), loop
        return self._held.lock

    async def _fetch(self, ask: Ask, environment: Environment, secrets: Secrets) -> str:
        url = fill(self.token_url, environment)
        client, secret = fill(self.client_id, environment), fill(self.client_secret, environment)
        sent = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        asked = {"grant_type": "client_credentials"}
        if self.basic:
            encoded = base64.b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()
            secrets.learn("BASIC", encoded)
            sent["authorization"] = f"Basic {encoded}"
        else:
            asked |= {"client_id": client, "client_secret": secret}
        asked |= {} if self.scope is None else {"scope": self.scope}
        asked |= {name: fill(value, environment) for name, value in self.form.items()}
        answer = await ask(url, headers=sent, content=urlencode(asked).encode(), accept=frozenset({400, 401}))
        try:
            found = json.loads(answer.body)
            token = found["access_token"] if answer.status == 200 else None
        except (ValueError, KeyError, TypeError):
            token, found = None, {}
        if not isinstance(token, str) or not token:
            why = (
                found.get("error", "no access_token in its answer")
                if isinstance(found, dict)
                else "no object"
            )
            refused = FetchError(
                f"no token was given (HTTP {answer.status}): {secrets.hide(str(why))}",
                where=secrets.hide(url),
                hint="check client id, secret and scope",
            )
            raise refused.for_good() if answer.status != 200 else refused
        return token
