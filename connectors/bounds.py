"""How far a crawl goes: an address that was found, and what is held against going there."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.address import host_of
from connectors.link_rules import Links


@dataclass(frozen=True)
class Found:
    """An address, and how it was come by; `lastmod` is what a sitemap says of it."""

    url: str
    why: str
    depth: int = 0
    on: str | None = None
    lastmod: str | None = None


@dataclass(frozen=True)
class Bounds:
    """How far a walk goes: which links, on which hosts, how many pages, how deep; `gone` is the share of dead ones.

    A host that a start is redirected to is one of `hosts` from then on.
    """

    links: Links | None
    hosts: set[str]
    max_pages: int
    max_depth: int | None
    gone: float = 0.0

    def refuse(self, found: Found) -> str | None:
        """Say why an address is not gone to, null where it may be; a start always may."""
        if found.why == "start":
            return None
        if host_of(found.url)[0] not in self.hosts:
            return "another host"
        if self.max_depth is not None and found.depth > self.max_depth:
            return f"max_depth {self.max_depth}"
        return None if self.links is None else self.links.refuses(found.url)
