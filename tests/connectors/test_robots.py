"""What robots.txt asks of us, and that it is done, or said."""

import asyncio

import pytest

from connectors.robots import Robots
from connectors.transport import Transport
from tests.connectors.test_transport import Clock
from tests.connectors.told_site import ToldSite


@pytest.mark.parametrize(("delay", "told"), [("2", False), ("120", True)])
def test_a_crawl_delay_is_kept_however_long(site: ToldSite, delay: str, *, told: bool) -> None:
    """Requests are that many seconds apart; a pace that makes a crawl take long is told when it is read."""
    site.gives("/robots.txt", f"User-agent: *\nCrawl-delay: {delay}\n")
    site.gives("/page", "fine")
    clock, said = Clock(), list[str]()

    async def run() -> None:
        async with Transport(site.environment, sleep=clock.sleep) as transport:
            robots = Robots(transport, said.append)
            assert await robots.allows(f"{site.url}/page")
            await transport.get(f"{site.url}/page")
            await transport.get(f"{site.url}/page")

    asyncio.run(run())
    assert max(clock.slept) == pytest.approx(float(delay), abs=1.5)
    assert any("120 s between two requests" in words for words in said) is told


def test_sitemaps_are_those_that_it_names(site: ToldSite) -> None:
    """Every Sitemap line, for whatever agent it stands."""
    site.gives(
        "/robots.txt", "Sitemap: http://h/1.xml\nUser-agent: other\nDisallow: /\nSitemap: http://h/2.xml\n"
    )

    async def run() -> list[str]:
        async with Transport(site.environment) as transport:
            return await Robots(transport).sitemaps(f"{site.url}/robots.txt")

    assert asyncio.run(run()) == ["http://h/1.xml", "http://h/2.xml"]
