from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dq.errors import DecodeError, IntegrityError, LedgerError
from dq.landing import LandingStore
from dq.origin import Landing
from dq.raw import REJECTS_SCHEMA, decode_all, decode_to
from dq.source import REJECT_SCHEMA, Cursor, Decoded, Fetched, Surroundings
from dq.verdict import REASONS

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A source that decodes each body to what the test says."""

    decoded: Mapping[bytes, Decoded]
    name: str = "demo__told"
    licence: str = "CC0"

    def fetch(self, cursor: Cursor, around: Surroundings) -> Fetched:
        raise NotImplementedError

    def decode(self, landing: Landing, body: bytes) -> Decoded:
        if body not in self.decoded:
            raise DecodeError("not readable", where=landing.origin.url, hint="look")
        return self.decoded[body]


def read(records: int, rejects: tuple[tuple[object, ...], ...] = (), **columns: list[object]) -> Decoded:
    rows = pl.DataFrame(columns, schema_overrides={"_row": pl.Int64})
    return Decoded(rows, pl.DataFrame(list(rejects), schema=REJECT_SCHEMA, orient="row"), records)


@pytest.fixture
def store(tmp_path: Path) -> LandingStore:
    return LandingStore(tmp_path)


def land(store: LandingStore, *bodies: bytes) -> list[Landing]:
    to = store.land_for("demo__told", "CC0", lambda: NOW)
    return [to(body, url=f"file:{number}") for number, body in enumerate(bodies)]


def test_rows_of_all_landings_are_stacked_with_their_landing(store: LandingStore) -> None:
    """A column that one landing lacks is null there; the framework's columns come last."""
    source = Told({b"a": read(2, x=["1", "2"], _row=[1, 2]), b"b": read(1, y=["3"], _row=[1])})
    landings = land(store, b"a", b"b")
    batch = decode_all(source, landings, store)
    one, two = (landing.landing_id for landing in landings)
    assert batch.rows.columns == ["x", "y", "_landing_id", "_row"]
    assert batch.rows.rows() == [("1", None, one, 1), ("2", None, one, 2), (None, "3", two, 1)]
    assert (batch.records, batch.rejects.schema) == (3, pl.Schema(REJECTS_SCHEMA))


def test_rejects_are_one_row_a_record_with_all_reasons(store: LandingStore) -> None:
    """Two missing fields of one record are one reject with two reasons; selectors speak of completeness."""
    rejects = (
        (2, 9, "<a>", "selector:x", "x", "no x"),
        (3, 20, "1,2", "csv:field_count", None, "2 fields instead of 1"),
        (2, 9, "<a>", "selector:y", "y", "no y"),
    )
    source = Told({b"a": read(3, rejects, x=["1"], _row=[1])})
    landings = land(store, b"a")
    batch = decode_all(source, landings, store)
    assert batch.rejects.schema["_reasons"] == REASONS
    assert batch.rejects.rows(named=True) == [
        {
            "_landing_id": landings[0].landing_id,
            "_row": 2,
            "byte_offset": 9,
            "text": "<a>",
            "_reasons": [
                {"rule": "selector:x", "dimension": "completeness", "column": "x", "value": "no x"},
                {"rule": "selector:y", "dimension": "completeness", "column": "y", "value": "no y"},
            ],
        },
        {
            "_landing_id": landings[0].landing_id,
            "_row": 3,
            "byte_offset": 20,
            "text": "1,2",
            "_reasons": [
                {
                    "rule": "csv:field_count",
                    "dimension": "accuracy",
                    "column": None,
                    "value": "2 fields instead of 1",
                }
            ],
        },
    ]


def test_an_unreadable_landing_does_not_lose_the_others(store: LandingStore) -> None:
    """It is one reject with `_row` 0 that names the landing, and counts as one record."""
    source = Told({b"a": read(1, x=["1"], _row=[1])})
    landings = land(store, b"?", b"a")
    batch = decode_all(source, landings, store)
    assert (batch.rows.height, batch.records) == (1, 2)
    [reject] = batch.rejects.rows(named=True)
    assert (reject["_landing_id"], reject["_row"]) == (landings[0].landing_id, 0)
    assert reject["_reasons"] == [
        {"rule": "decode", "dimension": "accuracy", "column": None, "value": "file:0: not readable"}
    ]


def test_when_nothing_can_be_read_it_raises(store: LandingStore) -> None:
    """A source of which no landing can be read is broken as a whole: nothing of it should be published."""
    with pytest.raises(DecodeError, match=r"demo__told: not readable \(2 of 2\)"):
        decode_all(Told({}), land(store, b"?", b"!"), store)


def test_no_landings_are_no_rows(store: LandingStore) -> None:
    """An empty batch has the framework's columns, so that it can be published."""
    batch = decode_all(Told({}), [], store)
    assert (batch.rows.columns, batch.records, batch.rejects.height) == (["_landing_id", "_row"], 0, 0)


@pytest.mark.parametrize(
    "decoded",
    [
        read(3, x=["1", "2"], _row=[1, 2]),
        read(1, x=["1", "2"], _row=[1, 2]),
        read(2, x=["1", "2"], _row=[1, 1]),
        read(2, x=["1", "2"], _row=[1, None]),
        read(2, ((1, 0, "t", "r", None, "m"),), x=["1"], _row=[1]),
        read(1, ((1, 0, "t", "r", None, "m"),), x=["1"], _row=[1]),
    ],
    ids=["lost", "doubled", "same number", "no number", "row and reject", "row and reject, one record"],
)
def test_a_reader_that_loses_or_doubles_is_caught(store: LandingStore, decoded: Decoded) -> None:
    """Rows + rejected records = records, and each record has a number of its own."""
    with pytest.raises(LedgerError):
        decode_all(Told({b"a": decoded}), land(store, b"a"), store)


@dataclass(frozen=True)
class InTwo(Told):
    """Reads each body in parts, one a word of it."""

    def decode_parts(self, landing: Landing, file: Path) -> Iterator[Decoded]:
        for word in file.read_bytes().split():
            yield self.decode(landing, word)


@pytest.mark.parametrize("limit", [0, 1 << 30])
def test_parts_and_files_give_what_memory_gives(store: LandingStore, tmp_path: Path, limit: int) -> None:
    """Rows, rejects, columns and counts are the same, however much may be held; what is unreadable has no rows."""
    reject = (3, 20, "1,2", "csv:field_count", None, "2 fields instead of 1")
    told = {
        b"a": read(2, x=["1", "2"], _row=[1, 2]),
        b"b": read(2, (reject,), X=["4"], y=["5"], _row=[4]),
        b"c": read(1, z=["6"], _row=[1]),
    }
    landings = land(store, b"a b", b"a ?", b"c")
    found = decode_to(InTwo(told), landings, store, folder=tmp_path / "scratch", limit=limit)
    rows, rejects = found.rows.lazy().collect(), found.rejects.lazy().collect()
    one, two, three = (landing.landing_id for landing in landings)
    assert rows.select("x", "y", "z", "_landing_id", "_row").rows() == [
        ("1", None, None, one, 1),
        ("2", None, None, one, 2),
        ("4", "5", None, one, 4),
        (None, None, "6", three, 1),
    ]
    assert rows.columns[-2:] == ["_landing_id", "_row"]
    assert rejects.select("_landing_id", "_row").rows() == [(one, 3), (two, 0)]
    assert (found.accepted, found.records) == (4, 6)
    held = decode_all(InTwo(told), landings, store)
    assert rows.select(held.rows.columns).equals(held.rows)
    assert rejects.equals(held.rejects)


def test_parts_that_number_a_record_twice_are_refused(store: LandingStore, tmp_path: Path) -> None:
    """Each part is numbered after those before it: else two rows of a landing could be told by one number."""
    source = InTwo({b"a": read(1, x=["1"], _row=[2]), b"b": read(1, x=["2"], _row=[1])})
    with pytest.raises(LedgerError, match="does not name each record once"):
        decode_to(source, land(store, b"a b"), store, folder=tmp_path / "one")
    with pytest.raises(LedgerError, match="does not name each record once"):
        decode_all(source, land(store, b"a a"), store)


def test_bytes_that_changed_are_never_read_as_rows(store: LandingStore, tmp_path: Path) -> None:
    """Before a part is read, and while the parts are read: nothing comes of it."""
    source = InTwo({b"a": read(1, x=["1"], _row=[1]), b"b": read(1, x=["2"], _row=[2])})
    [landing] = land(store, b"a b")
    path = store.root / landing.path

    class Meddling(InTwo):
        def decode_parts(self, landing: Landing, file: Path) -> Iterator[Decoded]:
            yield self.decode(landing, b"a")
            path.write_bytes(b"a ?")
            yield self.decode(landing, b"?")

    with pytest.raises(IntegrityError, match="has changed on disk"):
        decode_to(Meddling(source.decoded), [landing], store, folder=tmp_path / "one")
    with pytest.raises(IntegrityError, match="has changed on disk"):
        decode_to(source, [landing], store, folder=tmp_path / "two")
