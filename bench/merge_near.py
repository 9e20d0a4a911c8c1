"""Near-duplicates: ours and the peers on the same real texts with planted edits, one process each, in one run.

Texts of about 500 characters are made of sentences that people wrote (tweets, reviews, editorials); a fifth are
another one with up to ten edits. Recall: of the planted pairs at a Jaccard similarity of at least 0.8, those that end
in one cluster. Precision: of the rows in a cluster, those that reach 0.8 with another row of it. Both by plain sets.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from merge_near_run import CONTESTANTS, shingle_set

HERE = Path(__file__).parent
SENTENCES = HERE.parent / "data/samples/upstream/vaderSentiment/hutto_ICWSM_2014.tar.gz"
SAMPLE = 5_000


def sentences() -> list[str]:
    """Give real sentences from the sample data, in the form in which they are compared."""
    found: list[str] = []
    with tarfile.open(SENTENCES) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            body = archive.extractfile(member) if member.name.endswith("_GroundTruth.txt") else None
            lines = body.read().decode("utf-8", "replace").splitlines() if body else []
            found += [line.split("\t")[2] for line in lines if line.count("\t") >= 2]
    plain = ["".join(c if c.isalnum() else " " for c in text.lower()) for text in found]
    return [kept for text in plain if len(kept := " ".join(text.split())) > 15]


def write_texts(path: Path, rows: int) -> None:
    """Write `id`, `text` and `of`, the id of the text that it is an edit of."""
    said, rng = sentences(), random.Random(11)
    texts: list[tuple[str, str, str | None]] = []
    for number in range(rows):
        name = f"t{number:07}"
        if texts and rng.random() < 0.2:
            _, text, _ = other = texts[rng.randrange(len(texts))]
            words = text.split()
            for _ in range(rng.randint(1, 10)):
                at, kind = rng.randrange(len(words)), rng.randrange(3)
                if kind == 0:
                    words[at] = words[at][:-1] + rng.choice("aeiou")
                elif kind == 1:
                    words.insert(at, rng.choice(["the", "very", "not"]))
                elif len(words) > 5:
                    words.pop(at)
            texts.append((name, " ".join(words), other[0]))
            continue
        text = rng.choice(said)
        while len(text) < 480:
            text += " " + rng.choice(said)
        texts.append((name, text[:520], None))
    shape = {"id": pl.String, "text": pl.String, "of": pl.String}
    pl.DataFrame(texts, schema=shape, orient="row").write_parquet(path)


def judged(texts: pl.DataFrame, clusters: pl.DataFrame) -> tuple[float, float]:
    """Give precision and recall, each on a sample of at most 5,000."""
    text = dict(texts.select("id", "text").iter_rows())
    cluster = dict(clusters.iter_rows())

    def jaccard(a: str, b: str) -> float:
        one, two = shingle_set(text[a]), shingle_set(text[b])
        return len(one & two) / len(one | two)

    planted = texts.drop_nulls("of").sample(fraction=1, shuffle=True, seed=1).head(SAMPLE)
    near = [(a, b) for a, b in planted.select("id", "of").iter_rows() if jaccard(a, b) >= 0.8]
    recall = sum(a in cluster and cluster[a] == cluster.get(b) for a, b in near) / len(near)
    members = dict(clusters.group_by("cluster").agg("id").iter_rows())
    some = clusters.sort("id").sample(min(SAMPLE, clusters.height), seed=1).iter_rows()
    right = [any(o != i and jaccard(i, o) >= 0.8 for o in members[c]) for i, c in some]
    return sum(right) / max(1, len(right)), recall


def run_once(python: str, who: str, texts: Path) -> dict[str, Any]:
    """Run one contestant, and judge what it found."""
    with tempfile.TemporaryDirectory(dir=texts.parent) as out:
        done = subprocess.run(
            [python, str(HERE / "merge_near_run.py"), who, str(texts), out],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(HERE.parent), "PYTHONWARNINGS": "ignore"},
        )
        if done.returncode:
            return {
                "error": (done.stderr.strip() or f"ended by signal {-done.returncode}").splitlines()[-1][:200]
            }
        taken = dict(json.loads(done.stdout.strip().splitlines()[-1]))
        precision, recall = judged(pl.read_parquet(texts), pl.read_parquet(Path(out) / "clusters.parquet"))
    return taken | {"precision": precision, "recall": recall}


def run(given: argparse.Namespace) -> None:
    """Print a table for each number of texts, and as the last line one JSON object."""
    results: dict[str, Any] = {}
    given.data.mkdir(parents=True, exist_ok=True)
    for rows in given.rows:
        texts = given.data / f"texts-{rows}.parquet"
        if not texts.exists():
            write_texts(texts, rows)
        print(f"\n{rows:,} texts of about 500 characters, a fifth of them edits of another")
        print(
            f"{'':<12}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'precision':>11}{'recall':>8}{'CPU / ours':>12}"
        )
        ours = None
        for who in CONTESTANTS:
            if (who != "ours" and not given.peers) or (given.only and who not in given.only):
                continue
            one = run_once(sys.executable if who == "ours" else given.peers, who, texts)
            results[f"{who} {rows}"] = one
            if "error" in one:
                print(f"{who:<12}  {one['error']}", flush=True)
                continue
            ours = one["cpu"] if who == "ours" else ours
            ratio = f"{one['cpu'] / ours:>12.2f}" if ours else ""
            seconds = f"{one['cpu']:>9.1f}{one['wall']:>9.1f}{one['mb']:>9,.0f}"
            print(f"{who:<12}{seconds}{one['precision']:>11.4f}{one['recall']:>8.4f}{ratio}", flush=True)
    limits = {"datatrove cpu / ours": 5.0, "fastest cpu / ours": 1.0, "precision": 0.98, "recall": 0.98}
    print(json.dumps({"bench": "merge near", "limits": limits, "results": results}))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this bench takes."""
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000])
    parser.add_argument("--peers", help="the Python of the peers' environment; without it they do not run")
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS))
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "dq-bench-merge")
