"""A connection that remembers its socket.

httpcore asks of every idle connection, for every request, whether the server has closed it. anyio answers by way of a
table of attributes that it makes anew each time, which was a tenth of what a crawl cost.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl


class Connection(httpcore.AsyncNetworkStream):
    """Hands everything on, and answers `is_readable` by itself."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        """Wrap a connection that stands."""
        self._inner = inner
        self._socket = inner.get_extra_info("socket")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Give what has come, at most so many bytes."""
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send it all."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close it."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Give the same connection, encrypted from here on."""
        return Connection(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Say what is known of it; a socket that is closed is readable, as one at its end is."""
        if info != "is_readable" or self._socket is None:
            return self._inner.get_extra_info(info)
        if self._socket.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))
