"""Pages: fetch a local site by its links, read every record by the same parser, keep bodies and rows.

Each contestant is a process of its own and asks a site that runs in another; CPU seconds are of the contestant alone,
without its imports. All follow the same links (one list names all pages), read the same five fields of each record and
write the rows as JSON lines (ours: landed bodies in WARC, decoded to a frame, written as Parquet).
"""

from __future__ import annotations

import statistics
import sys

from ingest_site import run_once, serve_bodies, site

PAGES, RECORDS = 1_500, 20
OURS = ("ours+selectolax", "ours+bs4")
PEERS = (
    "scrapy+selectolax",
    "scrapy+parsel",
    "scrapy+bs4",
    "crawlee+selectolax",
    "crawlee+parsel",
    "crawlee+bs4",
)
RATIOS = {
    "ours / scrapy, selectolax (at least 2)": ("ours+selectolax", "scrapy+selectolax"),
    "ours / scrapy, bs4 (at least 1.2)": ("ours+bs4", "scrapy+bs4"),
    "ours / scrapy, each at its best": ("ours+selectolax", "scrapy+*"),
    "ours / crawlee, selectolax": ("ours+selectolax", "crawlee+selectolax"),
    "ours / crawlee, bs4": ("ours+bs4", "crawlee+bs4"),
    "ours / crawlee, each at its best": ("ours+selectolax", "crawlee+*"),
}


def page(number: int) -> str:
    """A page of 17 KB: navigation, twenty records, a footer."""
    menu = "".join(f'<li class="item"><a href="/about/{n}">Section {n}</a></li>' for n in range(40))
    records = "".join(
        f'<article class="post" data-id="{number * RECORDS + n}"><h2 class="title"><a href="#p{n}">Post {n}</a></h2>'
        f'<div class="meta"><span class="author">user{n * 7 % 13}</span><time datetime="2026-01-{n + 1:02}">then</time>'
        f'<span class="tags"><i>one</i><i>two</i></span></div>'
        f'<p class="text">{"Some words of a post. " * 18}</p></article>'
        for n in range(RECORDS)
    )
    return f"<!doctype html><html><head><title>{number}</title></head><body><ul>{menu}</ul>{records}</body></html>"


def serve() -> None:
    """Serve the pages as fast as one thread can, from memory."""
    bodies = {f"/page/{n}": page(n).encode() for n in range(PAGES)}
    links = "".join(f'<a class="page" href="/page/{n}">{n}</a>' for n in range(PAGES))
    bodies["/"] = f"<html><body>{links}</body></html>".encode()
    serve_bodies(bodies, b"text/html; charset=utf-8")


def measure(peers: str, runs: int) -> dict[str, float]:
    """Run everyone `runs` times, taking turns; give pages per CPU second of ours over the peers'."""
    contestants = [*((name, sys.executable) for name in OURS), *((name, peers) for name in PEERS)]
    taken: dict[str, list[dict]] = {name: [] for name, _ in contestants}
    with site("ingest_crawl") as url:
        for _ in range(runs):
            for name, python in contestants:
                taken[name].append(run_once(python, "ingest_crawl_run.py", name, url))
    print(
        f"{PAGES + 1:,} pages of {len(page(1)) / 1e3:.0f} KB, {PAGES * RECORDS:,} records; medians of {runs} runs"
    )
    print(f"{'':20}{'pages/CPU s':>12}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    speed: dict[str, float] = {}
    for name, found in taken.items():
        if failed := [one for one in found if "error" in one]:
            print(f"{name:20}{failed[0]['error']}")
            continue
        assert {one["rows"] for one in found} == {PAGES * RECORDS}, (name, found)
        cpu, wall, mb = (statistics.median(one[key] for one in found) for key in ("cpu", "wall", "mb"))
        speed[name] = (PAGES + 1) / cpu
        print(f"{name:20}{speed[name]:12,.0f}{cpu:8.2f}{wall:8.2f}{mb:9,.0f}")
    ratios = {}
    for name, (ours, peer) in RATIOS.items():
        those = [
            speed[one] for one in speed if one == peer or (peer[-1] == "*" and one.startswith(peer[:-1]))
        ]
        if ours in speed and those:
            ratios[name] = round(speed[ours] / max(those), 2)
            print(f"{name:42}{ratios[name]:6.2f}")
    return ratios
