"""Two lists of molecules without a common key, merged by what their rows say."""

from dataclasses import replace
from pathlib import Path

import pandera.polars as pa
import polars as pl

from dq.match import Block, Matching, Number, Text
from dq.merge import Survivorship
from dq.publication import Change, Publication
from dq.run import Run
from dq.stage.unify import unify
from dq.unified import Unified
from tests.dq.stage.shop import a_run, rows_of

HOUSE = [
    ("Acetylsalicylic acid", 180.16),
    ("Paracetamol", 151.16),
    ("Caffeine", 194.19),
    ("Diazepam", 284.74),
]
PAGES = [
    ("acetyl-salicylic acid", 180.2),
    ("Paracetamoll", 151.16),
    ("CAFFEINE", 194.19),
    ("Codeine", 299.36),
]


class Drug(pa.DataFrameModel):
    drug: str = pa.Field(unique=True)
    name: str
    weight: float = pa.Field(gt=0)

    class Config:
        name = "core.drugs"


UNIFIED = Unified(
    sources=("drugs__house", "drugs__pages"),
    entity="drug",
    survivorship=Survivorship("precedence", precedence=("drugs__house", "drugs__pages")),
    contract=Drug,
    match=Matching(
        fields=(Text("name"), Number("weight", within=5)),
        blocks=(Block("name", first=4), Block("weight")),
    ),
)


def publish(run: Run, name: str, rows: list[tuple[str, float]]) -> None:
    """Put a source's core table into the warehouse, as refine would."""
    # A hundred others beside them, which are in one list alone: what agreement means is learned from such.
    start = 0 if name.endswith("house") else 100
    others = [(f"{(n + start) * 7919:x} {n * n + start:o}", 300 + start + n * 0.7) for n in range(100)]
    frame = pl.DataFrame([*rows, *others], schema=["name", "weight"], orient="row").with_columns(
        _landing_id=pl.lit(name), _row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    run.warehouse.publish(
        Publication(
            run.run_id, (Change(f"core.{name}", frame),), fingerprints={f"core.{name}": f"{len(rows)}"}
        ),
        now=run.now(),
    )


def test_rows_without_a_key_become_one_entity_and_the_pairs_are_published(tmp_path: Path) -> None:
    """Three molecules written otherwise in two lists are one row each; the queue is a table of now."""
    run = a_run(tmp_path)
    publish(run, "drugs__house", HOUSE)
    publish(run, "drugs__pages", PAGES)
    outcome = unify(UNIFIED, run)
    assert outcome.ledger is not None
    assert (outcome.ledger.rows_in, outcome.ledger.accepted, outcome.ledger.superseded) == (208, 205, 3)
    names = [name for (name,) in rows_of(run, "core.drugs", "name")]
    assert {"Acetylsalicylic acid", "Paracetamol", "Caffeine", "Diazepam", "Codeine"} <= set(names)
    assert outcome.counts["matched_pairs"] == 3
    pairs = run.warehouse.read("quality.matches").filter(decision="match").collect()
    assert set(pairs["table_name"]) == {"core.drugs"}
    sides = pairs.select(pl.col("fields").list.first().struct.field("a", "b")).rows()
    assert {frozenset(text[:4].lower() for text in two) for two in sides} == {
        frozenset(["acet"]),
        frozenset(["para"]),
        frozenset(["caff"]),
    }
    publish(run, "drugs__pages", PAGES[1:])
    unify(UNIFIED, replace(run, run_id="r2"))
    assert run.warehouse.read("quality.matches").filter(decision="match").collect().height == 2


def test_rows_in_a_too_common_block_are_told_of(tmp_path: Path) -> None:
    """2,001 molecules of one weight are not compared by weight; the run says so, by the name of the block."""
    said: list[str] = []
    run = replace(a_run(tmp_path), progress=said.append)
    publish(run, "drugs__house", [*HOUSE, *((f"{n * 7919:x} oxide", 500.0) for n in range(2_001))])
    publish(run, "drugs__pages", PAGES)
    outcome = unify(UNIFIED, run)
    assert outcome.counts["rows_in_too_common_blocks"] == 2_001
    assert [line for line in said if "2,001 rows share weight with more than 2,000 others" in line]
