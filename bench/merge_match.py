"""Entity matching on rows of which it is known who is who: pairs found and pairs right, beside splink.

Persons with typing errors, swapped and missing fields, nicknames' first letters, in two lists; and the names of real
molecules (where the sample data is there), typed again with errors. `--peers` names a Python with splink and rapidfuzz.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from merge_match_people import people

ROOT = Path(__file__).parent.parent
MOST_FOR_PEERS = 200_000
"""Rows a list with which splink is run too."""
FIRST = [
    "anna",
    "bea",
    "carl",
    "dora",
    "emil",
    "fred",
    "greta",
    "hans",
    "ida",
    "jan",
    "karl",
    "lena",
    "max",
    "nora",
    "otto",
    "paul",
    "rosa",
    "sven",
    "tina",
    "uwe",
    "vera",
    "willi",
]
LAST = [
    "mueller",
    "schmidt",
    "meyer",
    "wagner",
    "becker",
    "hoffmann",
    "koch",
    "bauer",
    "richter",
    "klein",
    "wolf",
    "neumann",
    "braun",
    "zimmermann",
    "krueger",
]
TOWNS = ["ulm", "bonn", "kiel", "trier", "jena", "mainz", "fulda", "halle", "worms", "essen"]


def typed_again(text: str, rng: np.random.Generator) -> str:
    """Give the text with one typing error."""
    if len(text) < 3:
        return text
    at, kind = int(rng.integers(0, len(text) - 1)), int(rng.integers(0, 4))
    letter = "abcdefghijklmnopqrstuvwxyz"[int(rng.integers(0, 26))]
    return (
        text[:at] + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + letter + text[at + 1 :],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    )[kind]


def persons(seed: int, n: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give two lists of persons, `who` naming the person; two thirds of the second are in the first."""
    rng = np.random.default_rng(seed)
    people = []
    for who in range(n + n // 3):
        rare = "".join(rng.choice(["ba", "ri", "to", "ne", "ku", "sol", "ver", "mi"], 3))
        last = str(rng.choice(LAST)) if rng.random() < 0.5 else rare
        born = f"{rng.integers(1940, 2005)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
        people.append(
            (
                who,
                str(rng.choice(FIRST)),
                last,
                born,
                str(rng.choice(TOWNS)),
                f"0{rng.integers(10**8, 10**9)}",
            )
        )
    names = ["who", "first", "last", "born", "town", "phone"]
    known = [list(one) for one in people[:n]]
    other = []
    for one in people[n // 3 :]:
        row = list(one)
        for field in range(1, 6):
            if rng.random() < 0.2:
                row[field] = (
                    typed_again(str(row[field]), rng)
                    if field != 3
                    else f"{row[3][:5]}{row[3][8:]}-{row[3][5:7]}"
                )
            if rng.random() < (0.4 if field == 5 else 0.08):
                row[field] = None
        if rng.random() < 0.05:
            row[1], row[2] = row[2], row[1]
        if row[1] and rng.random() < 0.05:
            row[1] = row[1][:1]
        other.append(row)
    shape = dict(zip(names, [pl.Int64, *[pl.String] * 5], strict=True))
    return tuple(
        pl.DataFrame(rows, schema=shape, orient="row")
        .with_row_index("_row")
        .with_columns(_landing_id=pl.lit("made"))
        for rows in (known, other)
    )


def molecules(seed: int) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Give the names and weights in carbon of real molecules, and two thirds of them typed again."""
    found = sorted((ROOT / "data/samples").rglob("b3db.zip"))
    if not found:
        return None
    with zipfile.ZipFile(found[0]) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".tsv"))
        rows = pl.read_csv(BytesIO(archive.read(name)), separator="\t", infer_schema=False)
    known = rows.select(
        pl.col("NO.").cast(pl.Int64).alias("who"),
        name="compound_name",
        carbons=pl.col("SMILES").str.count_matches("[Cc]").cast(pl.Float64),
        label=pl.col("BBB+/BBB-"),
    ).drop_nulls("name")
    known = (
        known.unique("name", keep="none", maintain_order=True)
        .with_row_index("_row")
        .with_columns(_landing_id=pl.lit("b3db"))
    )
    rng = np.random.default_rng(seed)
    again = known.filter(pl.Series(rng.random(known.height) < 0.67))
    texts = [
        typed_again(typed_again(t, rng), rng) if rng.random() < 0.6 else t.upper()
        for t in again["name"].to_list()
    ]
    carbons = again["carbons"] + pl.Series(np.where(rng.random(again.height) < 0.1, 1.0, 0.0))
    return known, again.with_columns(
        pl.Series("name", texts),
        carbons,
        label=pl.when(pl.Series(rng.random(again.height) < 0.3)).then(None).otherwise("label"),
    )


def ours(task: str, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Give the pairs (`a`, `b`: persons) that are taken for one."""
    from dq.match import Block, Exact, Matching, Number, Text, match_entities

    if task == "molecules":
        matching = Matching(
            fields=(Text("name"), Number("carbons", within=10), Exact("label")),
            blocks=(Block("name", first=4), Block("name", words=True), Block("carbons", "label")),
        )
    else:
        matching = Matching(
            fields=(Text("first"), Text("last"), Text("born"), Text("town"), Text("phone")),
            blocks=(Block("last", first=4), Block("born"), Block("phone"), Block("first", "town")),
        )
    told = match_entities({"a": left.drop("who"), "b": right.drop("who")}, matching, entity="id")
    ids = [
        told.frames[name].join(frame.select("_row", "who"), on="_row").select("id", "who")
        for name, frame in (("a", left), ("b", right))
    ]
    return ids[0].join(ids[1], on="id").select(a="who", b="who_right")


def splink(python: str, task: str, left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Give what splink takes for one, and its seconds without the imports."""
    with tempfile.TemporaryDirectory() as folder:
        left.write_parquet(f"{folder}/a.parquet")
        right.write_parquet(f"{folder}/b.parquet")
        done = subprocess.run(
            [python, "-W", "ignore", str(Path(__file__).with_name("merge_match_splink.py")), folder, task],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        found = pl.read_parquet(f"{folder}/found.parquet")
    pairs = found.join(left.select(a="_row", who_a="who"), on="a").join(
        right.select(b="_row", who_b="who"), on="b"
    )
    return pairs.select(a="who_a", b="who_b"), float(done.stdout.split()[-1])


def large(given: argparse.Namespace) -> None:
    """Match two lists of people of each size, one process each, and print what it took."""
    results = {}
    print(
        f"{'people':<22}{'precision':>11}{'recall':>8}{'CPU s':>8}{'peak MB':>9}  rows in blocks too common to compare"
    )
    for n in given.people:
        with tempfile.TemporaryDirectory() as folder:
            for name, frame in zip("ab", people(given.seed, n), strict=True):
                frame.write_parquet(f"{folder}/{name}.parquet")
            for who, python in {"ours": sys.executable, "splink": given.peers}.items():
                if python is None or (who == "splink" and n > MOST_FOR_PEERS):
                    continue
                done = subprocess.run(
                    [
                        python,
                        "-W",
                        "ignore",
                        str(Path(__file__).with_name("merge_match_large.py")),
                        who,
                        folder,
                    ],
                    capture_output=True,
                    text=True,
                    check=False,
                    env={**os.environ, "PYTHONPATH": str(ROOT)} if who == "ours" else None,
                )
                if done.returncode:
                    raise SystemExit(done.stderr[-2000:])
                found = results[f"{n} {who}"] = json.loads(done.stdout.splitlines()[-1])
                told = "".join(
                    f"{found[k]:>{w}}"
                    for k, w in (("precision", 11), ("recall", 8), ("cpu_s", 8), ("peak_mb", 9))
                )
                skipped = {k: v for k, v in found["skipped"].items() if v} or "none"
                print(f"{f'{n:,} x {n:,} {who}':<22}{told}  {skipped}", flush=True)
    print(json.dumps({"bench": "merge match", "people": results}))


def run(given: argparse.Namespace) -> None:
    """Print the table, and as the last line one JSON object."""
    if given.people:
        large(given)
        return
    tasks = {"persons": persons(given.seed, given.rows)}
    if real := molecules(given.seed):
        tasks["molecules"] = real
    results = {}
    print(f"{'':<22}{'rows':>8}{'pairs':>8}{'precision':>11}{'recall':>8}{'F1':>7}{'wall s':>8}")
    for task, (left, right) in tasks.items():
        true = left.join(right, on="who").height
        started = time.perf_counter()
        mine = ours(task, left, right)
        found = {"ours": (mine, time.perf_counter() - started)}
        if given.peers:
            found["splink"] = splink(given.peers, task, left, right)
        for name, (pairs, seconds) in found.items():
            hits = pairs.filter(pl.col("a") == pl.col("b")).height
            precision, recall = hits / max(1, pairs.height), hits / true
            f1 = 2 * precision * recall / max(1e-9, precision + recall)
            results[f"{task}, {name}"] = {
                "precision": round(precision, 4),
                "recall": round(recall, 4),
                "seconds": round(seconds, 2),
            }
            size = f"{left.height + right.height:>8,}{true:>8,}"
            print(
                f"{task + ', ' + name:<22}{size}{precision:>11.3f}{recall:>8.3f}{f1:>7.3f}{seconds:>8.2f}",
                flush=True,
            )
    print(json.dumps({"bench": "merge match", "results": results}))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this bench takes."""
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--people", type=int, nargs="+", help="rows of each of two long lists, instead of the rest"
    )
    parser.add_argument(
        "--peers", help=f"a Python with splink, as {Path(sys.executable).name} is one without"
    )
