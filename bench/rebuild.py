"""Whether a release is the same on another machine: all of them made anew, and held against those that are here.

    make run && make rebuild PYTHON=/path/to/python3.13

A fresh clone of what is committed, with an environment of its own that another Python makes from the lock file; another
folder, port, time zone, language, hash seed, umask and number of threads; and where libfaketime is installed, another
year. The sample data are the inputs, so they are shared. Exits with 1 where a content hash or the SHA-256 of a file
differs. What else the manifests say is compared too, but for the date, and told: releases of other code may say more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "LANG": "C",
    "PYTHONHASHSEED": "4",
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "DQ_SAMPLE_SITE": "http://127.0.0.1:8976",
}
ANOTHER_DAY = {"FAKETIME": "+401d", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "LD_PRELOAD": str(FAKETIME)}


def rebuilt(folder: Path, python: str, samples: Path) -> Path:
    """Clone, install and run everything in `folder`; give where its releases are."""
    checkout = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", HERE, checkout], check=True)
    home = folder / "home"
    home.mkdir()
    (home / "samples").symlink_to(samples)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("DQ_", "DAGSTER_"))}
    subprocess.run(["make", "install", f"PYTHON={python}"], cwd=checkout, env=plain, check=True)
    subprocess.run([".venv/bin/python", "--version"], cwd=checkout, check=True)
    faked = ANOTHER_DAY if FAKETIME.exists() else {}
    print(
        f"running it {'401 days from now' if faked else 'today (libfaketime is not installed)'} …", flush=True
    )
    began = time.monotonic()
    done = subprocess.run(
        [".venv/bin/python", "-m", "samples.during", "--", ".venv/bin/dq", "run"],
        cwd=checkout,
        env={
            **plain,
            **ELSEWHERE,
            **faked,
            "DQ_HOME": str(home),
            "DAGSTER_HOME": str(dagster(checkout, home)),
            "DAGSTER_DISABLE_TELEMETRY": "1",
        },
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the run there failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    print(f"made in {time.monotonic() - began:.0f} s")
    return home / "releases"


def dagster(checkout: Path, home: Path) -> Path:
    (home / "dagster").mkdir()
    text = (checkout / "assets" / "instance" / "dagster.yaml").read_text()
    (home / "dagster" / "dagster.yaml").write_text(text)
    return home / "dagster"


def told(release: Path) -> dict[str, Any]:
    """Give the manifest but for what says when and from which port it was made."""
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    for source in manifest["sources"]:
        source.pop("url")
    return {name: value for name, value in manifest.items() if name not in {"created_at", "version"}}


def newest(dataset: Path) -> Path:
    return max(dataset.glob("v*"), key=lambda path: int(path.name[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--python", default=sys.executable, help="the Python to make the other environment with"
    )
    parser.add_argument("--releases", type=Path, default=HERE / "data" / "releases")
    parser.add_argument("--samples", type=Path, default=HERE / "data" / "samples")
    args = parser.parse_args()
    datasets = sorted(path.name for path in args.releases.glob("*") if any(path.glob("v*/manifest.json")))
    if not datasets:
        sys.exit(f"there are no releases in {args.releases}: make run")
    with tempfile.TemporaryDirectory() as folder:
        there = rebuilt(Path(folder), args.python, args.samples.resolve())
        differ = 0
        for dataset in datasets:
            ours, theirs = told(newest(args.releases / dataset)), told(newest(there / dataset))
            odd = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
            same = not odd & {"content_hash", "files"}
            differ += not same
            verdict = "the same" if same else "ANOTHER CONTENT"
            words = f"; the manifest differs in {', '.join(sorted(odd))}" if odd else ""
            print(f"{dataset:20} {ours['content_hash'][:16]}… {len(ours['files'])} files: {verdict}{words}")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
