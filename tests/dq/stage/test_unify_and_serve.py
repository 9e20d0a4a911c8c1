"""Two shops that know the same orders, merged and released: what the last two stages promise."""

from dataclasses import replace
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest

from dq.errors import GateError, LedgerError
from dq.merge import Survivorship
from dq.publication import Change, Publication
from dq.release import open_release
from dq.run import Run
from dq.stage.serve import serve
from dq.stage.unify import unify
from dq.training_set import TrainingSet
from dq.unified import Unified
from tests.dq.stage.shop import a_run, rows_of


class Shop(pa.DataFrameModel):
    order: int = pa.Field(unique=True, ge=1)
    amount: float = pa.Field(ge=0)
    status: str = pa.Field(isin=("open", "paid"))

    class Config:
        name = "core.shop"


class TrainingShop(Shop):
    split: str

    class Config:
        name = "training.shop"
        metadata = {"dq": {"rules": {"amount:ge(0)": {"on_fail": "block"}}}}  # noqa: RUF012


UNIFIED = Unified(
    sources=("shop__till", "shop__web"),
    entity="order",
    survivorship=Survivorship(precedence=("shop__till", "shop__web")),
    contract=Shop,
)
TRAINING = TrainingSet(
    table_from="core.shop",
    contract=TrainingShop,
    key="order",
    features=("amount",),
    label="status",
    shape=lambda merged: merged.drop("_source_count"),
    sources=UNIFIED.sources,
)
TILL = [(order, float(order), "paid") for order in range(1, 61)]
WEB = [(order, float(order) if order != 7 else 70.0, "paid") for order in range(31, 91)]


def publish(run: Run, name: str, rows: list[tuple[int, float, str]], licence: str = "own") -> None:
    """Put a source's core table into the warehouse, as refine would."""
    frame = pl.DataFrame(rows, schema=["order", "amount", "status"], orient="row").with_columns(
        _landing_id=pl.lit(f"landing of {name}"), _row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    )
    landing = pl.DataFrame(
        {
            "landing_id": [f"landing of {name}"],
            "source": [name],
            "url": [f"file:{name}"],
            "licence": [licence],
        }
    )
    table, mark = f"core.{name}", f"{name} {hash(tuple(rows))}"
    run.warehouse.publish(
        Publication(
            run.run_id,
            (Change(table, frame), Change("raw.landings", landing, "replace_where", "source", (name,))),
            fingerprints={table: mark},
        ),
        now=run.now(),
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = a_run(tmp_path)
    publish(run, "shop__till", TILL)
    publish(run, "shop__web", [*WEB, (1, 2.5, "open")])
    return run


def test_one_row_an_entity_and_every_conflict(run: Run) -> None:
    """121 rows are 90 orders; order 1 differs in two columns, and each of the four values is shown with its origin."""
    outcome = unify(UNIFIED, run)
    assert outcome.ledger is not None
    assert (outcome.ledger.rows_in, outcome.ledger.accepted, outcome.ledger.superseded) == (121, 90, 31)
    assert rows_of(run, "core.shop", "order") == sorted([(n,) for n in range(1, 91)], key=repr)
    columns = ("entity", "column_name", "source", "value", "row", "won", "table_name", "run_id")
    assert rows_of(run, "quality.conflicts", *columns) == [
        ("1", "amount", "shop__till", "1.0", 1, True, "core.shop", "r1"),
        ("1", "amount", "shop__web", "2.5", 61, False, "core.shop", "r1"),
        ("1", "status", "shop__till", "paid", 1, True, "core.shop", "r1"),
        ("1", "status", "shop__web", "open", 61, False, "core.shop", "r1"),
    ]


def test_a_table_larger_than_memory_is_the_same_table(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Merged in as many parts as there are rows, the table and all that is said of it are as merged at once."""
    another = a_run(tmp_path / "another")
    publish(another, "shop__till", TILL)
    publish(another, "shop__web", [*WEB, (1, 2.5, "open")])
    at_once = unify(UNIFIED, run)
    monkeypatch.setattr("dq.merge.parts.BYTES_A_PART", 1)
    in_parts = unify(UNIFIED, another)
    assert (in_parts.ledger, in_parts.report, in_parts.counts) == (
        at_once.ledger,
        at_once.report,
        at_once.counts,
    )
    for table in ("core.shop", "quality.conflicts", "quality.agreement", "quality.findings"):
        assert another.warehouse.read(table).collect().equals(run.warehouse.read(table).collect()), table


def test_prepare_may_lose_no_row_and_no_source(run: Run) -> None:
    """A row it filters, a row it doubles, a source it forgets: nothing is published, and each is said."""
    doubled = replace(UNIFIED, prepare=lambda core: core | {"shop__web": pl.concat([core["shop__web"]] * 2)})
    fewer = replace(
        UNIFIED, prepare=lambda core: core | {"shop__till": core["shop__till"].filter(pl.col("order") > 2)}
    )
    alone = replace(UNIFIED, prepare=lambda core: {"shop__till": core["shop__till"]})
    with pytest.raises(LedgerError, match="prepare, of shop__web, must give every row once; 61 doubled"):
        unify(doubled, run)
    with pytest.raises(LedgerError, match="prepare, of shop__till, must give every row once; 2 lost"):
        unify(fewer, run)
    with pytest.raises(LedgerError, match="left out or made up shop__web"):
        unify(alone, run)
    assert not run.warehouse.exists("core.shop")


def test_agreement_is_the_consistency_of_the_merged_table(run: Run) -> None:
    """Of 31 orders that both know, 30 agree in each of two columns: consistency is 60 of 62."""
    unify(UNIFIED, run)
    score = run.warehouse.ask(
        "select score from quality.scores where table_name = 'core.shop' and dimension = 'consistency'"
    )
    assert score[0][0] == pytest.approx(60 / 62)


def test_conflicts_are_those_of_now(run: Run) -> None:
    """When the web shop has mended its row, the next run leaves no conflict, and no row twice."""
    unify(UNIFIED, run)
    publish(run, "shop__web", WEB)
    outcome = unify(UNIFIED, replace(run, run_id="r2"))
    assert outcome.state == "published"
    assert rows_of(run, "quality.conflicts", "entity") == []
    assert run.warehouse.read("core.shop").select(pl.len()).collect().item() == 90


def test_nothing_new_is_nothing_done(run: Run) -> None:
    """Merged and released again, both say unchanged, and no snapshot is made."""
    unify(UNIFIED, run)
    serve(TRAINING, run)
    before = run.warehouse.ask("select max(snapshot_id) from lake.snapshots()")
    assert unify(UNIFIED, run).state == "unchanged"
    assert serve(TRAINING, run).state == "unchanged"
    assert run.warehouse.ask("select max(snapshot_id) from lake.snapshots()") == before


def test_a_release_that_passed_is_the_table(run: Run) -> None:
    """Version 1 has all 90 rows in three splits; the table names it, and quality.releases too."""
    unify(UNIFIED, run)
    outcome = serve(TRAINING, run)
    release = open_release("shop", run.settings.releases)
    assert outcome.counts["release"] == "shop@v1"
    assert sum(release.manifest.splits.values()) == 90
    assert set(release.manifest.splits) == {"train", "validation", "test"}
    assert {use.name: (use.rows, use.licence) for use in release.manifest.sources} == {
        "shop__till": (60, "own"),
        "shop__web": (61, "own"),
    }
    assert set(rows_of(run, "training.shop", "_release")) == {("shop@v1",)}
    assert rows_of(run, "quality.releases", "version", "passed", "content_hash") == [
        (1, True, release.content_hash)
    ]


def test_a_release_that_fails_its_gate_stays_beside(run: Run) -> None:
    """It is made, marked and noted; table and loader stay with the last good one, and say why."""
    unify(UNIFIED, run)
    serve(TRAINING, run)
    strict = replace(
        TRAINING, shape=lambda merged: merged.drop("_source_count").with_columns(-pl.col("amount"))
    )
    outcome = serve(strict, replace(run, run_id="r2", code_version="v2"))
    assert outcome.state == "blocked"
    assert "amount:ge(0)" in (outcome.why or "")
    assert rows_of(run, "quality.releases", "version", "passed") == [(1, True), (2, False)]
    assert set(rows_of(run, "training.shop", "_release")) == {("shop@v1",)}
    assert open_release("shop", run.settings.releases).version == 1
    with pytest.raises(GateError, match="amount"):
        open_release("shop@2", run.settings.releases).require_passed()
    assert run.warehouse.exists("quarantine.training__shop__refused")


def test_a_release_of_the_same_rows_is_the_same(run: Run) -> None:
    """Changed code that changes nothing makes no new version."""
    unify(UNIFIED, run)
    serve(TRAINING, run)
    outcome = serve(TRAINING, replace(run, code_version="v2"))
    assert outcome.counts["release"] == "shop@v1"
    assert [path.name for path in (run.settings.releases / "shop").glob("v*")] == ["v1"]


def test_a_licence_that_is_not_allowed_stops_the_release(run: Run) -> None:
    """The gate names the source and its licence; allowed in full, or without its remark, it passes."""
    publish(run, "shop__web", WEB, licence="CC-BY-NC-4.0 (web shop)")
    unify(UNIFIED, run)
    outcome = serve(replace(TRAINING, allowed_licences=("own", "MIT")), run)
    assert outcome.state == "blocked"
    assert "shop__web has 'CC-BY-NC-4.0 (web shop)'" in (outcome.why or "")
    assert "shop__till" not in (outcome.why or "")
    allowed = replace(TRAINING, allowed_licences=("own", "CC-BY-NC-4.0"))
    assert serve(allowed, replace(run, code_version="v2")).state == "published"


def test_consent_travels_and_can_be_demanded(run: Run) -> None:
    """Where it is demanded, a source that states none stops the release; stated, it stands in the manifest."""
    unify(UNIFIED, run)
    strict = replace(TRAINING, needs_consent=True)
    outcome = serve(strict, run, consents={"shop__till": "terms of sale, 4"})
    assert outcome.state == "blocked"
    assert "consent: shop__web states none" in (outcome.why or "")
    said = {"shop__till": "terms of sale, 4", "shop__web": "ticked at sign-up"}
    assert serve(strict, run, consents=said).state == "published"
    made = open_release("shop", run.settings.releases)
    assert {source.name: source.consent for source in made.manifest.sources} == said


def test_new_terms_make_a_new_version_of_the_same_rows(run: Run) -> None:
    """The same content under another licence is another release, so that no card is out of date."""
    unify(UNIFIED, run)
    serve(TRAINING, run)
    publish(run, "shop__web", [*WEB, (1, 2.5, "open")], licence="CC0-1.0")
    serve(TRAINING, replace(run, code_version="v2"))
    one, two = (open_release(f"shop@{version}", run.settings.releases) for version in (1, 2))
    assert one.content_hash == two.content_hash
    assert [source.licence for source in two.manifest.sources] == ["own", "CC0-1.0"]


def test_the_manifest_tells_what_became_of_the_rows(run: Run) -> None:
    """121 rows in, 31 superseded by the merge, 90 released; order 1 disagreed in two columns."""
    unify(UNIFIED, run)
    serve(TRAINING, run)
    manifest = open_release("shop", run.settings.releases).manifest
    assert [(flow.table, flow.rows_in, flow.accepted, flow.superseded) for flow in manifest.flow] == [
        ("core.shop", 121, 90, 31),
        ("training.shop", 90, 90, 0),
    ]
    assert manifest.conflicts == {"amount": 1, "status": 1}


def test_shape_may_lose_no_row(run: Run) -> None:
    """A filter in `shape` would hide rows from the ledger: it makes no release."""
    unify(UNIFIED, run)
    few = replace(TRAINING, shape=lambda merged: TRAINING.shape(merged).filter(pl.col("order") > 3))
    with pytest.raises(LedgerError, match="shape must give every row once; 3 lost"):
        serve(few, run)
    assert not (run.settings.releases / "shop").exists()


def test_rows_that_a_regrouping_uses_nowhere_are_counted(run: Run) -> None:
    """Orders gathered in twos without the first three: the card says that these three are in no row."""

    def in_twos(merged: pl.LazyFrame) -> pl.LazyFrame:
        later = TRAINING.shape(merged).filter(pl.col("order") > 3)
        two = later.group_by(pl.col("order") // 2, maintain_order=True)
        return two.agg(pl.col("amount", "status").first(), pl.col("_members").explode())

    unify(UNIFIED, run)
    outcome = serve(replace(TRAINING, shape=in_twos, regroups=True), run)
    assert outcome.state == "published"
    notes = open_release("shop", run.settings.releases).manifest.notes
    assert notes == ("3 of 90 rows of core.shop are in no row of this set.",)
