"""What `dq diff` says of two snapshots is what a comparison of two plain lists of rows says."""

from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import UserError
from dq.publication import Change, Publication
from dq.verdict import Report, RuleResult
from dq.warehouse import Warehouse
from dq.warehouse.diff import Diff, diff

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SCHEMA = {"id": pl.Int64, "number": pl.Float64, "text": pl.String, "_row": pl.Int64}
CELLS = st.tuples(
    st.sampled_from((None, float("nan"), 1.5, -2.0)), st.sampled_from((None, "", "a", "é")), st.integers(0, 1)
)
KEYED = st.dictionaries(st.integers(0, 9), CELLS, max_size=8)
Rows = dict[int, tuple[object, ...]]


@pytest.fixture(scope="module")
def wh(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("lake"))


def frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def publish(wh: Warehouse, table: str, rows: pl.DataFrame, *reports: Report) -> int:
    return wh.publish(Publication("r", (Change(table, rows),), reports=reports), now=NOW).snapshot


def rows_of(wh: Warehouse, found: Diff, kind: str | None = None) -> pl.DataFrame:
    with wh.connect() as lake:
        return pl.DataFrame(pl.from_arrow(lake.execute(found.query(kind)).to_arrow_table()))


def published(
    wh: Warehouse, pairs: list[tuple[pl.DataFrame, pl.DataFrame]]
) -> tuple[list[str], tuple[int, int]]:
    """Publish every pair as two states of a table of its own, all tables in two snapshots."""
    tables = [f"core.t{uuid4().hex}" for _ in pairs]
    first, second = (
        wh.publish(
            Publication("r", tuple(Change(t, pair[n]) for t, pair in zip(tables, pairs, strict=True))),
            now=NOW,
        ).snapshot
        for n in range(2)
    )
    return tables, (first, second)


@settings(max_examples=3)
@given(pairs=st.lists(st.tuples(KEYED, KEYED), min_size=5, max_size=5))
def test_by_key(wh: Warehouse, pairs: list[tuple[Rows, Rows]]) -> None:
    """Counts, changed cells and the rows themselves, with nulls and NaN; where a row came from makes no change."""
    frames = [tuple(frame([(k, *v) for k, v in rows.items()]) for rows in pair) for pair in pairs]
    tables, versions = published(wh, frames)  # type: ignore[arg-type]
    for table, (before, after) in zip(tables, pairs, strict=True):
        with wh.connect() as lake:
            agrees_by_key(wh, diff(lake, table, versions, ("id",)), before, after)


def agrees_by_key(wh: Warehouse, found: Diff, before: Rows, after: Rows) -> None:
    both = sorted(before.keys() & after.keys())
    differs = {k: [str(x) != str(y) for x, y in zip(before[k], after[k], strict=True)] for k in both}
    changed = [k for k in both if any(differs[k][:2])]
    assert (found.added, found.removed) == (
        len(after.keys() - before.keys()),
        len(before.keys() - after.keys()),
    )
    assert found.changed == len(changed)
    assert found.elsewhere == sum(differs[k] == [False, False, True] for k in both)
    cells = {"number": sum(differs[k][0] for k in both), "text": sum(differs[k][1] for k in both)}
    assert found.cells == {name: count for name, count in cells.items() if count}
    assert rows_of(wh, found, "added")["id"].to_list() == sorted(after.keys() - before.keys())
    pairs = rows_of(wh, found, "changed")
    assert pairs["id"].to_list() == [k for k in changed for _ in range(2)]
    assert pairs["_change"].to_list() == ["before", "after"] * len(changed)
    values = [str(tuple(row)) for row in pairs.select("number", "text", "_row").iter_rows()]
    assert values == [str(side[k]) for k in changed for side in (before, after)]
    assert rows_of(wh, found).height == found.added + found.removed + 2 * found.changed
    assert found.rows == (len(before), len(after))


@settings(max_examples=2)
@given(pairs=st.lists(st.tuples(*[st.lists(CELLS, max_size=8)] * 2), min_size=5, max_size=5))
def test_whole_rows(wh: Warehouse, pairs: list[tuple[list[tuple[object, ...]], ...]]) -> None:
    """Without a key rows are a multiset: what is there more often was added, what is there less often removed."""
    frames = [tuple(frame([(1, *row) for row in rows]) for rows in pair) for pair in pairs]
    tables, versions = published(wh, frames)  # type: ignore[arg-type]
    for table, (before, after) in zip(tables, pairs, strict=True):
        with wh.connect() as lake:
            found = diff(lake, table, versions)
        was, now = (Counter(str(row[:2]) for row in rows) for rows in (before, after))
        assert (found.added, found.removed) == ((now - was).total(), (was - now).total())
        assert found.key == ()
        assert Counter(rows_of(wh, found)["_change"]) == Counter(added=found.added) + Counter(
            removed=found.removed
        )


def test_the_key_of_the_contract_columns_and_scores(wh: Warehouse) -> None:
    """The last report names the key; columns that came, went or changed type are told, and the scores."""
    unique = RuleResult(
        "id:unique", "completeness", "quarantine", "id", 10, 0, passed=True, description="different"
    )
    broken = RuleResult("n:ge(0)", "accuracy", "warn", "n", 10, 5, passed=False, description="at least 0")
    first = pl.DataFrame({"id": [1, 2, 3], "n": [1, 2, 3], "old": ["a", "b", "c"]})
    second = pl.DataFrame({"id": [1, 2, 4], "n": [1.0, 2.5, 3.0], "more": [True, None, False]})
    versions = (
        publish(wh, "core.keyed", first, Report("core.keyed", "1", 10, 10, 0, (unique,))),
        publish(wh, "core.keyed", second, Report("core.keyed", "1", 10, 10, 0, (unique, broken))),
    )
    with wh.connect() as lake:
        found = diff(lake, "core.keyed", versions)
        assert diff(lake, "core.keyed", (versions[1], versions[1])).same
    assert found.key == ("id",)
    assert (found.added, found.removed, found.changed, found.cells) == (1, 1, 1, {"n": 1})
    changes = {column.name: (column.before, column.after) for column in found.columns}
    assert changes == {"n": ("BIGINT", "DOUBLE"), "more": (None, "BOOLEAN"), "old": ("VARCHAR", None)}
    scores = {score.dimension: (score.before, score.after) for score in found.scores}
    assert scores == {"accuracy": (None, 0.5), "completeness": (1.0, 1.0), "consistency": (None, None)}


def test_a_key_that_is_none_is_refused(wh: Warehouse) -> None:
    """A named key must tell rows apart; a table or a column that is not there is named."""
    twice = pl.DataFrame({"id": [1, 1, 2], "n": [1, 2, 3]})
    version = publish(wh, "core.twice", twice)
    with wh.connect() as lake:
        with pytest.raises(UserError, match="is no key: 1 values"):
            diff(lake, "core.twice", (version, version), ("id",))
        with pytest.raises(UserError, match="no column 'x'"):
            diff(lake, "core.twice", (version, version), ("x",))
        with pytest.raises(UserError, match=r"no table core\.never"):
            diff(lake, "core.never", (version, version))
