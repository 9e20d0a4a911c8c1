"""API rows to a raw table: ours, dlt (default, and yielding Arrow) and a hand-written loop read the same pages.

Each contestant is a process of its own and asks a site that runs in another; CPU seconds are of the contestant alone,
without its imports. Ours lands every body (hashed, compressed, in WARC), notes it in the journal that a killed fetch
goes on from, reconciles the total, decodes to text with every digit as it was written, and writes Parquet; `ours+lake`
makes an empty lake and publishes there, with ledger, cursor, landings, profile and drift. The loops do none of this:
they fetch with httpx, let orjson or polars read numbers as numbers, and write Parquet.
"""

from __future__ import annotations

import json
import statistics
import sys

from ingest_site import run_once, serve_bodies, site

ROWS, SIZE = 200_000, 1_000
OURS = ("ours", "ours+lake", "loop, polars")
PEERS = ("loop, orjson", "dlt, Arrow", "dlt, default")
SMALLER = {"dlt, default": 20_000}
"""dlt's default takes minutes and gigabytes for all rows; it reads fewer, which favours it if anything."""
RATIOS = {
    "ours / dlt's default (at least 10)": ("ours+lake", "dlt, default"),
    "ours / dlt with Arrow": ("ours+lake", "dlt, Arrow"),
    "hand-written loop with orjson / ours (at most 2)": ("loop, orjson", "ours"),
    "hand-written loop with polars / ours (at most 2)": ("loop, polars", "ours"),
}


def record(number: int) -> dict:
    return {
        "id": number,
        "customer": f"customer-{number * 7 % 9973}",
        "amount": number * 31 % 100_000 / 100,
        "currency": "EUR",
        "created_at": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:00Z",
        "paid": number % 3 == 0,
        "country": ("DE", "FR", "CN", "US")[number % 4],
        "note": None if number % 5 else f"note {number}",
    }


def page(number: int, rows: int) -> bytes:
    last = -(-rows // SIZE)
    items = [record(n) for n in range((number - 1) * SIZE, min(number * SIZE, rows))]
    following = f"/api/{rows}?page={number + 1}" if number < last else None
    return json.dumps({"total": rows, "items": items, "next": following}).encode()


def serve() -> None:
    """Serve the pages as fast as one thread can, from memory."""
    bodies = {
        f"/api/{rows}?page={n}": page(n, rows)
        for rows in {ROWS, *SMALLER.values()}
        for n in range(1, -(-rows // SIZE) + 1)
    }
    serve_bodies(bodies, b"application/json")


def run_contestant(python: str, contestant: str, url: str) -> dict:
    rows = SMALLER.get(contestant, ROWS)
    found = run_once(python, "ingest_api_run.py", contestant, f"{url}/api/{rows}?page=1")
    assert "error" in found or found["rows"] == rows, (contestant, found)
    return found


def measure(peers: str, runs: int) -> dict[str, float]:
    """Run everyone `runs` times, taking turns; give rows per CPU second, ours over the peers'."""
    contestants = [*((name, sys.executable) for name in OURS), *((name, peers) for name in PEERS)]
    taken: dict[str, list[dict]] = {name: [] for name, _ in contestants}
    with site("ingest_api") as url:
        for _ in range(runs):
            for name, python in contestants:
                taken[name].append(run_contestant(python, name, url))
    print(f"{ROWS:,} rows, {SIZE:,} a page of {len(page(1, ROWS)) / 1e3:.0f} KB; medians of {runs} runs")
    print(f"{'':20}{'rows':>9}{'rows/CPU s':>12}{'µs/row':>8}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    speed: dict[str, float] = {}
    for name, found in taken.items():
        if failed := [one for one in found if "error" in one]:
            print(f"{name:20}{failed[0]['error']}")
            continue
        cpu, wall, mb, rows = (
            statistics.median(one[key] for one in found) for key in ("cpu", "wall", "mb", "rows")
        )
        speed[name] = rows / cpu
        print(
            f"{name:20}{rows:9,.0f}{speed[name]:12,.0f}{1e6 / speed[name]:8.1f}{cpu:8.2f}{wall:8.2f}{mb:9,.0f}"
        )
    ratios = {}
    for name, (ours, peer) in RATIOS.items():
        if ours in speed and peer in speed:
            ratios[name] = round(speed[ours] / speed[peer], 2)
            print(f"{name:52}{ratios[name]:6.2f}")
    return ratios
