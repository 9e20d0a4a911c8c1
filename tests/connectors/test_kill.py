import json
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pandera.polars as pa
import polars as pl

from connectors.crawl import Crawl
from connectors.transport import Limits
from dq.feed import Feed
from dq.run import Run
from dq.settings import Settings
from dq.source import Surroundings
from dq.stage.collect import collect
from dq.unfinished import Unfinished
from tests.connectors.told_site import Request, ToldSite

LISTS, POSTS = 12, 10
KILLS = 20
PAGES = 210
SAMPLE_KILLS = int(os.environ.get("DQ_KILLS", "3"))


class Post(pa.DataFrameModel):
    id: str

    class Config:
        name = "core.demo__posts"


class SamplePost(pa.DataFrameModel):
    post_id: str

    class Config:
        name = "core.demo__sample"


FEED = Feed(
    Crawl(
        "demo__posts",
        "${DQ_SAMPLE_SITE}/list/1",
        record="article",
        fields={"id": "@data-id"},
        follow="a",
    ),
    Post,
)

SAMPLE = Feed(
    Crawl(
        "demo__sample",
        "${DQ_SAMPLE_SITE}/social/posts/page-001.html",
        record="article.post",
        fields={"post_id": "@data-id", "text": "p.text"},
    ),
    SamplePost,
)


def run_in(home: Path, url: str) -> Run:
    settings = Settings.of({"DQ_HOME": str(home), "DQ_SAMPLE_SITE": url}, home)
    return Run("run", settings, "code", lambda: datetime.now(UTC))


def collect_into(home: str, url: str, sample: bool = False) -> None:
    collect(SAMPLE if sample else FEED, run_in(Path(home), url))


def fetch_into(home: str, url: str) -> None:
    """Do what collect does first, without the second that it takes to open a lake."""
    run = run_in(Path(home), url)
    land = run.store.land_for(FEED.name, FEED.source.licence, run.now)
    journal = Unfinished(run.store, FEED.name, run.now)
    FEED.source.fetch(
        {}, Surroundings(land, run.settings.files, run.now, run.settings.environment, journal=journal)
    )


def rows(home: Path, url: str, feed: Feed = FEED) -> pl.DataFrame:
    return run_in(home, url).warehouse.read(feed.raw).collect().sort("_landing_id", "_row")


class Gate:
    """Lets so many more requests through, and holds the others until it opens."""

    def __init__(self) -> None:
        self.lock, self.open, self.left = threading.Lock(), threading.Event(), 1_000_000

    def lets(self, left: int) -> None:
        self.left = left
        self.open.clear()

    def holds(self) -> bool:
        with self.lock:
            self.left -= 1
            return self.left < 0


def build(site: ToldSite, gate: Gate) -> None:
    """A chain of lists, each with links to its posts: eight posts are asked for at a time."""

    def serve(path: str, body: str) -> None:
        def page(request: Request) -> None:
            if gate.holds():
                gate.open.wait(60)
            request.reply(body.encode())

        site.pages[path] = page

    for number in range(1, LISTS + 1):
        posts = [f"/post/{number}-{post}" for post in range(POSTS)]
        links = posts + ([f"/list/{number + 1}"] if number < LISTS else [])
        body = "".join(f'<a href="{link}">x</a>' for link in links)
        serve(f"/list/{number}", f'<article data-id="list {number}"></article>{body}')
        for post in posts:
            serve(post, f'<article data-id="{post}"></article>')


def landed(home: Path, name: str = "demo__posts") -> set[str]:
    """Give the paths of the pages that the journal knows."""
    journal = home / "landing" / name / "unfinished.jsonl"
    lines = journal.read_text().splitlines(keepends=True) if journal.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return {"/" + line["landing"]["url"].split("/", 3)[3] for line in whole if "landing" in line}


def test_a_crawl_killed_twenty_times_asks_for_no_landed_page_twice(site: ToldSite, tmp_path: Path) -> None:
    """kill -9 at random, twenty times: no page that had landed is asked for again, and the run after that gives
    exactly the rows of an undisturbed one; the journal is gone with its publication.
    """
    gate = Gate()
    build(site, gate)
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    collect_into(str(undisturbed), site.url)
    expected = rows(undisturbed, site.url)
    assert expected.height == LISTS * (POSTS + 1)

    chance = random.Random()
    fork = multiprocessing.get_context(
        "forkserver"
    )  # a process that has imported all, and from which each starts
    fork.set_forkserver_preload([__name__])
    site.log.clear()
    before: set[str] = set()
    for _ in range(KILLS):
        begun = len(site.log)
        gate.lets(chance.randint(1, 6))
        process = fork.Process(target=fetch_into, args=(str(disturbed), site.url))
        process.start()
        while gate.left >= 0:
            assert process.is_alive()
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.01))
        process.kill()
        process.join()
        gate.open.set()
        assert not before & set(site.paths[begun:])
        before = landed(disturbed)
    begun = len(site.log)
    gate.lets(1_000_000)
    collect_into(str(disturbed), site.url)
    assert not before & set(site.paths[begun:])
    assert rows(disturbed, site.url).equals(expected)
    assert len(before) > POSTS
    asked = Counter(path for path in site.paths if path != "/robots.txt")
    assert asked.total() <= expected.height + KILLS * Limits().connections
    assert not landed(disturbed)


def test_a_crawl_of_the_sample_site_killed_at_random_ends_as_an_undisturbed_one(
    sample_site: str, tmp_path: Path
) -> None:
    """kill -9 in the middle of fetching or publishing, as often as DQ_KILLS says: the run after that gives exactly the
    rows of an undisturbed one, landing ids and lines included, and its ledger counts each once.
    """
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    collect(SAMPLE, run_in(undisturbed, sample_site))
    expected = rows(undisturbed, sample_site, SAMPLE)
    chance, fork = random.Random(), multiprocessing.get_context("forkserver")
    fork.set_forkserver_preload([__name__])
    hits = 0
    for _ in range(SAMPLE_KILLS):
        before = len(landed(disturbed, SAMPLE.name))
        until = before + chance.randint(1, 2 * PAGES // SAMPLE_KILLS)
        process = fork.Process(target=collect_into, args=(str(disturbed), sample_site, True))
        process.start()
        while process.is_alive() and before <= len(landed(disturbed, SAMPLE.name)) < until:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.02))
        hits += process.is_alive()
        process.kill()
        process.join()
    collect(SAMPLE, run_in(disturbed, sample_site))
    assert rows(disturbed, sample_site, SAMPLE).equals(expected)
    assert hits
    ledger = f"select sum(rows_in), sum(accepted) from quality.ledger where table_name = '{SAMPLE.raw}'"
    assert run_in(disturbed, sample_site).warehouse.ask(ledger) == [(expected.height, expected.height)]
