"""What a site's robots.txt asks of us, per host, read once a run."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from protego import Protego

from connectors.transport import Transport

_LONGEST = 500 << 10  # what a crawler must read at least, by RFC 9309
_LONGEST_DELAY = 30.0


class Robots:
    """Says of each address whether it may be fetched, and keeps the pace that the site asks for."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._rules: dict[str, asyncio.Task[Protego]] = {}

    async def allows(self, url: str) -> bool:
        """Say whether this address may be fetched.

        Raises:
            FetchError: where robots.txt cannot be had for now (5xx, no connection): then nothing may be
            fetched.

        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = asyncio.create_task(self._read(site))
        rules = await self._rules[site]
        return bool(rules.can_fetch(url, self._transport.agent))

    async def _read(self, site: str) -> Protego:
        missing = frozenset({400, 401, 403, 404, 405, 406, 410, 451})  # no robots.txt: all is allowed
        answer = await self._transport.get(f"{site}/robots.txt", accept=missing)
        text = answer.body[:_LONGEST].decode("utf-8", errors="replace") if answer.status == 200 else ""
        rules = Protego.parse(text)
        if delay := rules.crawl_delay(self._transport.agent):
            self._transport.slow_down(site, min(float(delay), _LONGEST_DELAY))
        return rules
