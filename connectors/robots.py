"""What a site's robots.txt asks of us, per host, read once a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from connectors.transport import Transport

_LONGEST = 500 << 10  # what a crawler must read at least, by RFC 9309
_LONG_DELAY = 5.0


class Robots:
    """Says of each address whether it may be fetched, and keeps the pace that the site asks for."""

    def __init__(self, transport: Transport, progress: Callable[[str], None] = lambda _: None) -> None:
        self._transport, self._progress = transport, progress
        self._rules: dict[str, asyncio.Task[Protego]] = {}

    async def allows(self, url: str) -> bool:
        """Say whether this address may be fetched.

        Raises:
            FetchError: where robots.txt cannot be had for now (5xx, no connection): then nothing may be
            fetched.

        """
        rules = await self._of(url)
        return bool(rules.can_fetch(url, self._transport.agent))

    async def sitemaps(self, url: str) -> list[str]:
        """Give the sitemaps that the robots.txt of this address names.

        Raises:
            FetchError: where robots.txt cannot be had for now.

        """
        return list((await self._of(url)).sitemaps)

    async def _of(self, url: str) -> Protego:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = asyncio.create_task(self._read(site))
        return await self._rules[site]

    async def _read(self, site: str) -> Protego:
        missing = frozenset({400, 401, 403, 404, 405, 406, 410, 451})  # no robots.txt: all is allowed
        answer = await self._transport.get(f"{site}/robots.txt", accept=missing, enough=_LONGEST)
        text = answer.body[:_LONGEST].decode("utf-8-sig", errors="replace") if answer.status == 200 else ""
        rules = Protego.parse(text)
        if delay := rules.crawl_delay(self._transport.agent):
            self._transport.slow_down(site, float(delay))
            if delay >= _LONG_DELAY:
                self._progress(
                    f"{site}/robots.txt asks for {delay:g} s between two requests; so it will take long"
                )
        return rules
