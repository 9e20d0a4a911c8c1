"""The way to an API: as all pages are fetched, with the proof of who asks, and posted where the API wants that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.auth import Auth, Environment
from connectors.page_address import posted, with_query
from connectors.placeholders import Secrets
from connectors.transport import Answer, Limits, Transport
from dq.errors import FetchError

_REFUSED = 401


class ApiTransport(Transport):
    """Fetches the pages of one API: `auth` proves who asks, `post` is the body that is sent."""

    def __init__(
        self,
        environment: Environment,
        limits: Limits,
        secrets: Secrets,
        auth: Auth | None,
        post: Mapping[str, Any] | None,
        *,
        accept: frozenset[int] = frozenset(),
    ) -> None:
        super().__init__(environment, limits, secrets=secrets)
        self._accept = accept
        self._environment, self._hidden, self._auth, self._post = environment, secrets, auth, post

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
        content: bytes | None = None,
        **others: Any,
    ) -> Answer:
        """Fetch one page; where the proof is refused, renew it and ask once more.

        Raises:
            FetchError: as `Transport.get`, and where the API refuses the renewed proof too.

        """
        place, sent, accept = url, dict(headers or {}), accept | self._accept
        if self._post is not None:
            place, content = posted(url, self._post, self._environment)
            sent = {"content-type": "application/json", **sent}
        if self._auth is None:
            return await super().get(place, headers=sent, accept=accept, content=content, **others)
        place = with_query(place, self._auth.params(self._environment))
        for _ in range(2):
            proof = await self._auth.headers(super().get, self._environment, self._hidden)
            answer = await super().get(
                place,
                headers={**sent, **proof},
                accept=accept | {_REFUSED},
                content=content,
                **others,
            )
            if answer.status != _REFUSED or not self._auth.renew(proof):
                break
        if answer.status == _REFUSED and _REFUSED not in accept:
            raise FetchError(
                "HTTP 401: the API does not accept who asks",
                where=self._hidden.hide(place),
                hint=f"check {', '.join(self._auth.texts)}",
            ).for_good()
        return answer
