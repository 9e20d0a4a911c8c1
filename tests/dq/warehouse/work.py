"""A writer, a reader, a housekeeper, each in a process: `python -m tests.dq.warehouse.work ROLE ADDRESS PATH`.

The path is a file that ends the work when it is there or, of the roles that copy, the backup.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from dq.errors import ConfigError, UserError
from dq.ledger import LedgerEntry
from dq.publication import Change, Publication
from dq.warehouse import Warehouse
from dq.warehouse.backup import backup, restore

BATCH = 3
SOURCE = "test__numbers"


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def publish_next(wh: Warehouse) -> int:
    """Publish the number after the one that the last writer came to by the cursor; give it."""
    n = int(wh.cursor(SOURCE).get("n", 0)) + 1
    now = pl.DataFrame({"n": [n] * (10 + n % 7), "i": range(10 + n % 7)})
    ever = pl.DataFrame({"n": [n] * BATCH, "i": range(BATCH)})
    group = pl.DataFrame({"g": [f"g{n % 3}"], "n": [n]})
    changes = (
        Change("core.now", now.lazy()),
        Change("core.ever", ever, "append"),
        Change("core.groups", group, "replace_where", "g", (f"g{n % 3}",)),
    )
    wh.publish(
        Publication(
            f"run-{n}",
            changes,
            ledger=(LedgerEntry("core.now", now.height, now.height),),
            cursors={SOURCE: {"n": n}},
            fingerprints={"core.now": str(n)},
        ),
        now=datetime.now(UTC),
    )
    return n


def write(wh: Warehouse, stop: Path) -> None:
    """Publish number after number until `stop` is there."""
    say("ready")
    while not stop.exists():
        say(publish_next(wh))


def laws_hold(wh: Warehouse) -> int:
    """Look at one snapshot, by SQL and through frames, and give the number it has come to."""
    try:
        lake = wh.connect()
    except ConfigError:
        return 0
    with lake:
        lake.begin()
        row = lake.execute("from ducklake_current_snapshot('lake')").fetchone()
        version = row[0] if row else 0
        found = lake.execute("select cursor->>'n' from quality.cursors").fetchall()
        n = int(found[0][0]) if found else 0
        assert lake.execute("select count(*) from quality.ledger").fetchone() == (n,)
        if n == 0:
            return 0
        assert lake.execute("select min(n), max(n), count(*) from core.now").fetchone() == (n, n, 10 + n % 7)
        ever = lake.execute(
            "select count(*), count(distinct n), min(n), max(n), max(i) from core.ever"
        ).fetchone()
        assert ever == (BATCH * n, n, 1, n, BATCH - 1), (n, ever)
    try:
        now, ever_read, groups = pl.collect_all(
            [wh.read(f"core.{table}", at=version) for table in ("now", "ever", "groups")]
        )
    except UserError as error:
        raise AssertionError(str(error)) from error
    assert now["n"].unique().to_list() == [n]
    assert now.height == 10 + n % 7
    assert ever_read.sort("n", "i").rows() == [(k, i) for k in range(1, n + 1) for i in range(BATCH)]
    assert sorted(groups["n"]) == list(range(max(1, n - 2), n + 1))
    return n


def read(wh: Warehouse, stop: Path) -> None:
    """Look again and again until the file `stop` is there; say how often."""
    say("ready")
    looks = 0
    while not stop.exists():
        laws_hold(wh)
        looks += 1
        time.sleep(0.05)
    say(looks)


def maintain(wh: Warehouse, stop: Path) -> None:
    """Compact again and again until the file `stop` is there; say how many tables were written anew."""
    say("ready")
    tables = 0
    while not stop.exists():
        tables += len(wh.maintain(datetime.now(UTC)).compacted)
        time.sleep(0.5)
    say(tables)


def expire(wh: Warehouse, stop: Path) -> None:
    """Compact, expire all that is past, free its files and sweep, as if it were forty days later, and again."""
    say("ready")
    while not stop.exists():
        wh.maintain(datetime.now(UTC) + timedelta(days=40), keep_days=1)


def save(wh: Warehouse, saved: Path) -> None:
    """Back up."""
    say("ready")
    backup(wh.place, saved)


def bring_back(wh: Warehouse, saved: Path) -> None:
    """Restore."""
    say("ready")
    restore(saved, wh.place)


ROLES = {
    "write": write,
    "read": read,
    "maintain": maintain,
    "expire": expire,
    "save": save,
    "restore": bring_back,
}

if __name__ == "__main__":
    ROLES[sys.argv[1]](Warehouse(sys.argv[2]), Path(sys.argv[3]))
