"""One contestant of `ingest_crawl.py`, in a process of its own: crawls the site and says what it cost."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

FIELDS = {
    "id": "@data-id",
    "title": "h2.title a",
    "author": "span.author",
    "at": "time@datetime",
    "text": "p.text",
}


def by_selectolax(html: str) -> list[dict]:
    from selectolax.lexbor import LexborHTMLParser

    return [
        {
            "id": node.attributes["data-id"],
            "title": node.css_first("h2.title a").text(),
            "author": node.css_first("span.author").text(),
            "at": node.css_first("time").attributes["datetime"],
            "text": node.css_first("p.text").text().strip(),
        }
        for node in LexborHTMLParser(html).css("article.post")
    ]


def by_parsel(selector) -> list[dict]:
    return [
        {
            "id": node.attrib["data-id"],
            "title": node.css("h2.title a::text").get(),
            "author": node.css("span.author::text").get(),
            "at": node.css("time::attr(datetime)").get(),
            "text": node.css("p.text::text").get().strip(),
        }
        for node in selector.css("article.post")
    ]


def by_soup(soup) -> list[dict]:
    return [
        {
            "id": node["data-id"],
            "title": node.find("h2", class_="title").a.text,
            "author": node.find("span", class_="author").text,
            "at": node.time["datetime"],
            "text": node.find("p", class_="text").text.strip(),
        }
        for node in soup.find_all("article", class_="post")
    ]


def ours(parser: str, url: str, out: Path):
    from datetime import UTC, datetime

    sys.path.insert(0, str(Path(__file__).parent.parent))
    from connectors.crawl import Crawl
    from dq.landing import LandingStore
    from dq.raw import decode_all
    from dq.source import Surroundings
    from dq.unfinished import Unfinished

    how = {"parse": by_soup} if parser == "bs4" else {"record": "article.post", "fields": FIELDS}
    source = Crawl("bench__posts", "${DQ_SAMPLE_SITE}/", follow="a.page", read="/page/", **how)

    def run() -> int:
        store = LandingStore(out)

        def now() -> datetime:
            return datetime.now(UTC)

        land, journal = store.land_for(source.name, "", now), Unfinished(store, source.name, now)
        fetched = source.fetch({}, Surroundings(land, out, now, {"DQ_SAMPLE_SITE": url}, journal=journal))
        rows = decode_all(source, fetched.current, store, fetched.decoded).rows
        rows.write_parquet(out / "rows.parquet")
        return rows.height

    return run


def scrapy(parser: str, url: str, out: Path):
    import scrapy
    from bs4 import BeautifulSoup
    from scrapy.crawler import CrawlerProcess

    if parser == "selectolax":
        import selectolax.lexbor  # noqa: F401

    class Spider(scrapy.Spider):
        name = "posts"

        async def start(self):
            yield scrapy.Request(url + "/")

        def parse(self, response):
            for link in response.css("a.page::attr(href)").getall():
                yield response.follow(link, self.read)

        def read(self, response):
            if parser == "selectolax":
                yield from by_selectolax(response.text)
            elif parser == "bs4":
                yield from by_soup(BeautifulSoup(response.text, "lxml"))
            else:
                yield from by_parsel(response)

    def run() -> int:
        file = out / "rows.jsonl"
        process = CrawlerProcess(
            {
                "FEEDS": {str(file): {"format": "jsonlines"}},
                "LOG_LEVEL": "ERROR",
                "CONCURRENT_REQUESTS": 32,
                "CONCURRENT_REQUESTS_PER_DOMAIN": 32,
                "DOWNLOAD_DELAY": 0,
                "ROBOTSTXT_OBEY": True,
                "TELNETCONSOLE_ENABLED": False,
            }
        )
        process.crawl(Spider)
        process.start()
        return file.read_bytes().count(b"\n")

    return run


def crawlee(parser: str, url: str, out: Path):
    from crawlee import ConcurrencySettings
    from crawlee.crawlers import BeautifulSoupCrawler, HttpCrawler, ParselCrawler
    from crawlee.storage_clients import MemoryStorageClient
    from selectolax.lexbor import LexborHTMLParser

    kinds = {"selectolax": HttpCrawler, "parsel": ParselCrawler, "bs4": BeautifulSoupCrawler}

    async def crawl() -> int:
        rows = 0
        with (out / "rows.jsonl").open("w") as file:
            crawler = kinds[parser](
                storage_client=MemoryStorageClient(),
                concurrency_settings=ConcurrencySettings(desired_concurrency=32, max_concurrency=32),
                configure_logging=False,
            )

            @crawler.router.default_handler
            async def handle(context) -> None:
                nonlocal rows
                if context.request.url.endswith("/"):
                    html = (await context.http_response.read()).decode()
                    links = LexborHTMLParser(html).css("a.page")
                    await context.add_requests([url + link.attributes["href"] for link in links])
                    return
                if parser == "selectolax":
                    found = by_selectolax((await context.http_response.read()).decode())
                else:
                    found = by_parsel(context.selector) if parser == "parsel" else by_soup(context.soup)
                rows += len(found)
                file.writelines(json.dumps(one) + "\n" for one in found)

            await crawler.run([url + "/"])
        return rows

    return lambda: asyncio.run(crawl())


def main() -> None:
    contestant, url, out = sys.argv[1:]
    who, _, parser = contestant.partition("+")
    run = {"ours": ours, "scrapy": scrapy, "crawlee": crawlee}[who](parser, url, Path(out))
    cpu, wall = time.process_time(), time.perf_counter()
    rows = run()
    print()
    print(
        json.dumps(
            {
                "rows": rows,
                "cpu": time.process_time() - cpu,
                "wall": time.perf_counter() - wall,
                "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
