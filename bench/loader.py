"""What it costs to feed a training job: ours and the peers on the same rows, each in a process of its own.

    make bench-loader        (makes the peers' environments under data/bench, MosaicML's apart from the others')
    data/bench/loader/bin/python bench/loader.py [--rows 5000000] [--texts 500000] [--documents 20000] [--only WORD …]

Prints rows per CPU-second (all threads and worker processes), rows per second, peak memory and time to the first
batch: the median of `--repeat` runs, each stopped after `--seconds`. A peer that is not installed is left out, and said
so. The last line is one JSON object of ratios. Peers that need a format of their own (MosaicML, WebDataset, Lance,
LitData) get `--peer-rows` rows of it: they are judged by rate.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dq.release import Gate, open_release
from dq.training import Loader

BATCH = 1024
WIDTH = 32
WORD = re.compile(r"\w+")
FEATURES = [f"x{index:02d}" for index in range(WIDTH)]


def ours(data, *, warm=False, kind="table", **options):
    """Give the batches of our loader; `warm` is any epoch after a process's first, when blocks are verified."""
    return Loader(
        open_release(kind, data), "train", BATCH, matrix=kind == "table", verify=not warm, **options
    )


def ours_torch(data, workers, kind="table", warm=True):
    from dq.training.torch import TorchLoader

    return TorchLoader(ours(data, kind=kind, warm=warm), num_workers=workers)


def under_data_loader(data, workers, kind="table", transform=None):
    """Give batches as torch's own DataLoader passes them between processes, one by one."""
    from torch.utils.data import DataLoader

    from dq.training.torch import TorchDataset

    dataset = TorchDataset(ours(data, kind=kind, warm=True), transform)
    return DataLoader(dataset, batch_size=None, num_workers=workers)


def tokens(batch):
    """Do what workers are for: a simple tokenizer, 128 words a text, in Python."""
    made = np.zeros((len(batch["text"]), 128), np.int64)
    for row, text in zip(made, batch["text"], strict=True):
        words = WORD.findall(text)[:128]
        row[: len(words)] = [zlib.crc32(word.encode()) % 30_000 for word in words]
    return {"tokens": made, "label": batch["label"]}


def permuted_array(data):
    """The limit: a random permutation of a row-major, memory-mapped array, gathered batch by batch."""
    features, labels = (np.load(data / f"{name}.npy", mmap_mode="r") for name in ("features", "labels"))
    order = np.random.default_rng(0).permutation(len(labels))
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        yield {"features": np.take(features, rows, axis=0, mode="clip"), "label": labels[rows]}


FIRST = ", first epoch (every block verified)"
CONTENDERS = {
    "table": {
        "dq, later epochs": lambda data: ours(data, warm=True),
        "limit: permutation of a memory-mapped array": permuted_array,
        "dq" + FIRST: ours,
        "dq, later epochs, 1 lane × 1 block": lambda data: ours(data, warm=True, lanes=1, window=1),
        "dq, later epochs, published order (shuffle=False)": lambda data: ours(
            data, warm=True, shuffle=False
        ),
        "dq as tensors, later epochs": lambda data: ours_torch(data, 0),
        "dq as tensors, later epochs, 2 workers": lambda data: ours_torch(data, 2),
        "dq under torch's DataLoader, no workers": lambda data: under_data_loader(data, 0),
        "dq under torch's DataLoader, 2 workers": lambda data: under_data_loader(data, 2),
    },
    "text": {
        "dq, later epochs": lambda data: ours(data, kind="text", warm=True),
        "dq" + FIRST: lambda data: ours(data, kind="text"),
        "dq, later epochs, published order (shuffle=False)": lambda data: ours(
            data, kind="text", warm=True, shuffle=False
        ),
        "dq under torch's DataLoader, tokenized, no workers": lambda data: under_data_loader(
            data, 0, "text", tokens
        ),
        "dq under torch's DataLoader, tokenized, 2 workers": lambda data: under_data_loader(
            data, 2, "text", tokens
        ),
    },
    "document": {
        "dq, later epochs": lambda data: ours(data, kind="document", warm=True),
        "dq" + FIRST: lambda data: ours(data, kind="document"),
        "dq, later epochs, published order (shuffle=False)": lambda data: ours(
            data, kind="document", warm=True, shuffle=False
        ),
    },
}


def prepare(data: Path, rows: dict[str, int]) -> None:
    """Make the releases and the limit's arrays, once; random numbers and texts of random words, from fixed seeds."""
    import polars as pl

    from dq.release import build_release

    for kind, count in rows.items():
        stamp = data / f"{kind}.rows"
        if stamp.exists() and stamp.read_text() == str(count):
            continue
        random = np.random.default_rng(0)
        frame = {"id": np.arange(count), "label": random.integers(0, 2, count)}
        if kind == "table":
            features = random.standard_normal((count, WIDTH), dtype=np.float32)
            np.save(data / "features.npy", features)
            np.save(data / "labels.npy", frame["label"])
            frame |= {name: features[:, index] for index, name in enumerate(FEATURES)}
        else:
            low, high = (400, 600) if kind == "text" else (3_000, 30_000)
            pool = " ".join(
                random.choice(["data", "quality", "is", "what", "models", "are", "made", "of"], 100_000)
            )
            starts, sizes = random.integers(0, 400_000, count), random.integers(low, high, count)
            frame["text"] = [pool[start : start + size] for start, size in zip(starts, sizes, strict=True)]
        build_release(
            pl.DataFrame(frame).with_columns(split=pl.lit("train")),
            dataset=kind,
            root=data,
            key="id",
            features=FEATURES if kind == "table" else ["text"],
            label="label",
            sources=[],
            gate=Gate(),
            code_version="bench",
            now=datetime.now(UTC),
        )
        stamp.write_text(str(count))


def run_child(kind: str, name: str, data: Path, seconds: float) -> None:
    """Read for a while and print what it took, as JSON; preparing a peer's format is not counted."""
    sys.path.insert(0, str(Path(__file__).parent))
    from loader_peers import PEERS, Again

    make = (CONTENDERS[kind] | PEERS[kind])[name]
    try:
        for _ in zip(range(2), make(data), strict=False):
            pass  # imports, caches and the first touch of the disk are no part of what is measured
        batches = make(data)
        began, cpu = time.perf_counter(), _cpu()
        rows, first, over = 0, None, False
        while not over:
            for batch in batches:
                first = first or time.perf_counter() - began
                rows += _rows(batch)
                over = time.perf_counter() - began > seconds
                if over:
                    break
            # a process that trains reads many epochs; only what says so is measured in its first one
            over = over or name.endswith(FIRST)
            batches = make(data) if isinstance(batches, Iterator) else batches
        wall = time.perf_counter() - began
        del batches
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        return
    except Again:
        print(json.dumps({"again": True}))
        return
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"rows": rows, "wall": wall, "cpu": _cpu() - cpu, "first": first, "peak": peak / 1024}))
    sys.stdout.flush()
    os._exit(0)  # some peers' threads never end


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _rows(batch) -> int:
    values = (
        next(iter(batch.values()))
        if isinstance(batch, dict)
        else batch[0]
        if isinstance(batch, list | tuple)
        else batch
    )
    return len(values) if hasattr(values, "__len__") and not isinstance(values, str | bytes) else 1


def measure(kind: str, name: str, args: argparse.Namespace) -> dict[str, float] | str:
    """Run one contender several times; give its medians, or why it did not run."""
    if name.startswith("MosaicML") and not Path(args.mosaicml).exists():
        return f"there is no {args.mosaicml}"
    runs: list[dict[str, float]] = []
    while len(runs) < args.repeat:
        command = [
            args.mosaicml if name.startswith("MosaicML") else sys.executable,
            __file__,
            "--child",
            kind,
            name,
            "--data",
            str(args.data),
            "--seconds",
            str(args.seconds),
        ]
        command += ["--peer-rows", str(args.peer_rows)]
        one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=900, check=False, env=one_thread
        )
        if done.returncode or not done.stdout.strip():
            return (done.stderr.strip().splitlines() or ["died without a word"])[-1][:90]
        result = json.loads(done.stdout.strip().splitlines()[-1])
        if "missing" in result:
            return result["missing"]
        if "again" in result:
            continue
        runs.append(result)
    return {
        "per_cpu": statistics.median(run["rows"] / run["cpu"] for run in runs),
        "per_second": statistics.median(run["rows"] / run["wall"] for run in runs),
        "peak": statistics.median(run["peak"] for run in runs),
        "first": statistics.median(run["first"] for run in runs),
    }


def resume(data: Path) -> dict[str, float]:
    """Give the seconds to the first batch from the start and from half an epoch, in new loaders; medians of five."""
    found = {}
    for share in (0.0, 0.5, 0.9):
        times = []
        for _ in range(5):
            loader = ours(data)
            loader.load_state_dict(loader.state_at(int(len(loader) * share)))
            began = time.perf_counter()
            next(iter(loader))
            times.append(time.perf_counter() - began)
        found[f"{share:.0%}"] = statistics.median(times)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--texts", type=int, default=500_000)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--peer-rows", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path("data/bench/loader"))
    parser.add_argument(
        "--mosaicml",
        default="data/bench/loader-mosaicml/bin/python",
        help="its Python; left out where absent",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[""],
        help="measure just the contenders whose names have one of these words",
    )
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.environ["BENCH_PEER_ROWS"] = str(args.peer_rows)
    if args.child:
        run_child(*args.child, args.data, args.seconds)
        return

    sys.path.insert(0, str(Path(__file__).parent))
    from loader_peers import PEERS

    args.data.mkdir(parents=True, exist_ok=True)
    rows = {"table": args.rows, "text": args.texts, "document": args.documents}
    wanted = {kind: count for kind, count in rows.items() if count}
    making = multiprocessing.get_context("spawn").Process(target=prepare, args=(args.data, wanted))
    making.start()  # in a process of its own: a child's peak memory begins with its parent's
    making.join()
    ratios: dict[str, float] = {}
    for kind, title in (
        ("table", f"{args.rows:,} rows of {WIDTH} float32 and a label (140 bytes)"),
        ("text", f"{args.texts:,} texts of 400 to 600 characters"),
        ("document", f"{args.documents:,} texts of 3,000 to 30,000 characters"),
    ):
        if not rows[kind]:
            continue
        print(f"\n{title}, batches of {BATCH:,}\n")
        print(f"{'':52} {'rows/CPU s':>12} {'rows/s':>12} {'peak MB':>8} {'first s':>8} {'× dq':>7}")
        found = {}
        for name in CONTENDERS[kind] | PEERS[kind]:
            if not any(word in name for word in args.only):
                continue
            result = measure(kind, name, args)
            if isinstance(result, str):
                print(f"{name:52} not run: {result}")
                continue
            found[name] = result
            base = found.get("dq, later epochs", result)["per_cpu"]
            print(
                f"{name:52} {result['per_cpu']:12,.0f} {result['per_second']:12,.0f} {result['peak']:8,.0f} "
                f"{result['first']:8.2f} {result['per_cpu'] / base:7.3f}",
                flush=True,
            )
        base = found.get("dq, later epochs")
        if base:
            ratios |= {
                f"{kind}: dq ÷ {name}": round(base["per_cpu"] / one["per_cpu"], 3)
                for name, one in found.items()
            }
    if args.rows and any(word in "dq resume" for word in args.only):
        seconds = resume(args.data)
        print(
            "\nfirst batch, every block verified, from",
            ", ".join(f"{at} of an epoch: {took:.2f} s" for at, took in seconds.items()),
        )
        ratios |= {f"resume at {at}, seconds": round(took, 3) for at, took in seconds.items()}
    print(json.dumps(ratios))


if __name__ == "__main__":
    main()
