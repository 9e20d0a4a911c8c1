"""Which addresses may be connected to: the public internet, and what an allow-list names; nothing else.

The check stands where the connection is made: the name is resolved once, every address is judged, and a
judged address is what gets connected to. So a redirect, or a name that resolves differently the next time,
changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore

from connectors.address import host_of
from connectors.connection import Connection
from dq.errors import ConfigError

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class RefusedAddressError(Exception):
    """A connection that the guard did not allow."""


def allowed_hosts(environment: Mapping[str, str]) -> frozenset[tuple[str, int]]:
    """Give the inner hosts that may be reached: `DQ_ALLOW_HOSTS` (host:port, …) and the sample site.

    >>> sorted(allowed_hosts({"DQ_ALLOW_HOSTS": "db.lan:8080", "DQ_SAMPLE_SITE": "http://127.0.0.1:8765"}))
    [('127.0.0.1', 8765), ('db.lan', 8080)]
    """
    allowed: set[tuple[str, int]] = set()
    for entry in filter(None, (part.strip() for part in environment.get("DQ_ALLOW_HOSTS", "").split(","))):
        host, colon, port = entry.rpartition(":")
        if not colon or not port.isdecimal():
            raise ConfigError(
                f"DQ_ALLOW_HOSTS holds {entry!r}", hint="write host:port, several with commas between them"
            )
        allowed.add((host.strip("[]").lower(), int(port)))
    if site := environment.get("DQ_SAMPLE_SITE", ""):
        allowed.add(host_of(site))
    return frozenset(allowed)


def is_public(address: str) -> bool:
    """Say whether an address is on the public internet, also after unwrapping what IPv6 carries inside.

    >>> is_public("93.184.215.14"), is_public("::ffff:10.0.0.1"), is_public("64:ff9b::7f00:1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Makes connections, but only to addresses that may be reached."""

    def __init__(self, allowed: frozenset[tuple[str, int]]) -> None:
        """Allow these inner hosts beside the public internet."""
        self._allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers, where all of them may be reached."""
        addresses = [host] if (host.lower(), port) in self._allowed else await _public(host, port)
        for address in addresses[:-1]:
            try:
                return await self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._connect(addresses[-1], port, timeout, local_address, socket_options)

    async def _connect(self, *how: Any) -> httpcore.AsyncNetworkStream:
        return Connection(await self._inner.connect_tcp(*how))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no source is fetched over a socket file."""
        raise RefusedAddressError(f"the socket file {path}")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def _public(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    inner = [address for address in addresses if not is_public(address)]
    if inner or not addresses:
        raise RefusedAddressError(f"{host}:{port} is {', '.join(inner)}, which is not on the public internet")
    return addresses
