import random
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from connectors.crawl import Crawl
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Surroundings
from tests.connectors.told_site import Request, ToldSite

PAGES = 60
CRAWL = Crawl("demo__posts", "${DQ_SAMPLE_SITE}/1", record="article", fields={"id": "@data-id"})


def fetch_into(root: Path, url: str) -> list[str]:
    store = LandingStore(root)

    def now() -> datetime:
        return datetime.now(UTC)

    around = Surroundings(store.land_for(CRAWL.name, CRAWL.licence, now), root, now, {"DQ_SAMPLE_SITE": url})
    fetched = CRAWL.fetch({}, around)
    return decode_all(CRAWL, fetched.current, store).rows["id"].to_list()


def test_a_crawl_killed_at_random_ends_as_if_it_had_not_been(site: ToldSite, tmp_path: Path) -> None:
    """kill -9 in the middle, twice; the run after that gives exactly the rows of an undisturbed one."""
    killed = threading.Event()
    last = [0]  # of the requests that are answered before the kill

    def page(request: Request) -> None:
        if len(site.log) > last[0]:
            killed.wait(30)
        number = int(request.path[1:])
        link = f'<a rel="next" href="/{number + 1}">' if number < PAGES else ""
        request.reply(f'<article data-id="{number}"></article>{link}'.encode())

    for number in range(1, PAGES + 1):
        site.pages[f"/{number}"] = page
    code = f"from tests.connectors.test_kill import *; fetch_into(Path({str(tmp_path)!r}), {site.url!r})"
    for answered in random.sample(range(2, PAGES), 2):
        killed.clear()
        last[0] = len(site.log) + answered
        process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])  # noqa: S603
        while len(site.log) <= last[0]:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
        killed.set()
    assert len(list(tmp_path.rglob("*.warc.gz"))) == 2
    last[0] = sys.maxsize
    assert fetch_into(tmp_path, site.url) == [str(n) for n in range(1, PAGES + 1)]
