"""The command that counts found errors, on a folder of one's own: it reads, spoils, finds and adds up."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl

SCRIPT = Path(__file__).parents[2] / "bench" / "error_detection.py"
CLEAN = pl.DataFrame(
    {
        "ticket": [f"T-{n:04}" for n in range(400)],
        "state": [("open", "closed", "waiting")[n % 3] for n in range(400)],
        "minutes": [str(20 + n % 37) for n in range(400)],
    }
)
DIRTY = CLEAN.with_columns(
    pl.when(pl.col("ticket") == "T-0007").then(pl.lit("clsoed")).otherwise("state").alias("state"),
    pl.when(pl.col("ticket") == "T-0011").then(pl.lit("n/a")).otherwise("minutes").alias("minutes"),
)


def told(*arguments: object) -> str:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=900).stdout  # noqa: S603


def test_a_folder_and_a_pair_are_counted(tmp_path: Path) -> None:
    """A pair's two wrong cells are found by kind; of a folder the last line adds up clean and dirty tables alike."""
    DIRTY.write_csv(tmp_path / "pair.dirty.csv")
    CLEAN.write_csv(tmp_path / "pair.clean.csv")
    pair = told("--dirty", tmp_path / "pair.dirty.csv", "--clean", tmp_path / "pair.clean.csv")
    assert "pair.dirty.csv: 400 rows" in pair
    assert "recall 1.000" in " ".join(pair.split())
    CLEAN.write_csv(tmp_path / "plain.csv")
    out = told("--tables", tmp_path, "--rows", 300)
    total = json.loads(out.splitlines()[-1])["all"]
    assert total["cells"] == 3 * (400 + 300)
    assert total["wrong"] > 2
    assert 2 <= total["right"] <= min(total["found"], total["wrong"])
    assert sum(line.startswith(("pair.dirty", "plain")) for line in out.splitlines()) == 2
