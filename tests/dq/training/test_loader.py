"""What a loader gives and refuses, over real releases."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dq.errors import ConfigError, GateError, IntegrityError, SchemaError
from dq.release import Check, Gate, Release, open_release
from dq.release.layout import Compression
from dq.training import Loader
from tests.dq.training.releases import release, table


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release(tmp_path_factory.mktemp("releases"), table(2_000))


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603


def ids(loader: Loader) -> list[int]:
    return [number for batch in loader for number in batch["id"].tolist()]


def test_values_come_back_as_they_were_published(made: Release) -> None:
    """Every kind of column, nulls and all, is the published table's, row by row."""
    names = ["id", "x", "count", "text", "tokens", "seen", "label", "split"]
    batches = list(Loader(made, "train", 97, columns=names, lanes=2, window=3))
    got = pl.DataFrame(
        {
            name: [value for batch in batches for value in batch[name].tolist()]
            for name in names
            if name != "seen"
        }
    ).with_columns(tokens=pl.col("tokens").map_elements(list, return_dtype=pl.List(pl.Int64)))
    want = table(2_000).filter(pl.col("split") == "train").sort("id")
    got = got.sort("id")
    assert got["text"].to_list() == want["text"].to_list()
    assert got["tokens"].to_list() == want["tokens"].to_list()
    assert got["x"].cast(pl.Float32).to_list() == want["x"].to_list()
    assert got["count"].fill_nan(None).to_list() == want["count"].to_list()
    assert got["label"].to_list() == want["label"].to_list()
    assert set(got["split"]) == {"train"}
    seen = np.concatenate([batch["seen"] for batch in batches])
    assert seen.dtype == "datetime64[D]"
    assert sorted(seen.astype(int).tolist()) == want["id"].to_list()


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compression_changes_the_files_alone(made: Release, tmp_path: Path, compression: Compression) -> None:
    """The same content hash, the same batches: what is decoded is what is read plain."""
    packed = release(tmp_path, table(2_000), compression=compression)
    assert packed.content_hash == made.content_hash
    assert all("id" not in file.plain for file in packed.manifest.files)
    assert {file.plain for file in made.manifest.files} == {("id", "x", "seen")}
    columns = ["id", "x", "count", "text", "seen", "label"]
    for batch, plain in zip(
        Loader(packed, "train", 300, columns=columns),
        Loader(made, "train", 300, columns=columns),
        strict=True,
    ):
        for name in columns:
            np.testing.assert_array_equal(batch[name], plain[name])


def test_a_system_without_positional_reads_gives_the_same(
    made: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no `preadv`, values are copied out of the mapped file."""
    columns = ["id", "x", "count", "seen"]
    wanted = list(Loader(made, "train", 300, columns=columns, matrix=True))
    monkeypatch.delattr("os.preadv")
    for batch, same in zip(Loader(made, "train", 300, columns=columns, matrix=True), wanted, strict=True):
        for name in batch:
            np.testing.assert_array_equal(batch[name], same[name])


def test_the_defaults_are_features_and_label(made: Release) -> None:
    """Without a word on columns a batch has features and label, not the key or the provenance."""
    assert list(next(iter(Loader(made, "train", 8)))) == ["x", "count", "text", "tokens", "label"]


def test_numeric_features_come_as_one_matrix(made: Release) -> None:
    """`matrix` packs numeric features row-major in float32, a null as NaN, and leaves others alone."""
    columns = ["id", "x", "count", "text", "label"]
    loader = Loader(made, "train", 50, columns=columns, matrix=True)
    plain = Loader(made, "train", 50, columns=columns)
    assert loader.matrix_columns == ("x", "count")
    for batch, apart in zip(loader, plain, strict=True):
        assert set(batch) == {"id", "text", "label", "features"}
        assert batch["features"].dtype == np.float32
        assert batch["features"].flags["C_CONTIGUOUS"]
        np.testing.assert_array_equal(
            batch["features"], np.stack([apart["x"], apart["count"]], 1).astype("f4")
        )


@pytest.mark.parametrize("shuffle", [True, False])
def test_numeric_features_come_as_a_matrix_a_dtype(tmp_path: Path, shuffle: bool) -> None:
    """Each with its own digits: a whole number that float32 cannot hold comes back as it was."""
    names = ["a", "b", "c", "d", "flag"]
    frame = table(500).select(
        "id", "label", "split", a="x", b=pl.col("id") + 2**40, c=-pl.col("x"), d="count"
    )
    frame = frame.with_columns(flag=pl.col("label"))
    made = release(tmp_path, frame, features=names)
    asked = {"columns": ["id", *names], "lanes": 2, "window": 2, "shuffle": shuffle}
    loader = Loader(made, "train", 50, matrix="by dtype", **asked)
    assert {name: matrix.columns for name, matrix in loader.matrices.items()} == {
        "features_float32": ("a", "c"),
        "features_int64": ("b",),
        "features_float64": ("d",),
        "features_bool": ("flag",),
    }
    for batch, apart in zip(loader, Loader(made, "train", 50, **asked), strict=True):
        assert list(batch) == ["id", *loader.matrices]
        for name, matrix in loader.matrices.items():
            assert batch[name].dtype == matrix.dtype
            assert batch[name].flags["C_CONTIGUOUS"]
            np.testing.assert_array_equal(batch[name], np.stack([apart[one] for one in matrix.columns], 1))
    with pytest.raises(ConfigError, match="by dtype"):
        Loader(made, "train", 50, matrix="dtype")  # type: ignore[arg-type]


def test_epochs_and_seeds_differ_and_repeat_exactly(made: Release) -> None:
    """Another epoch or seed is another order; the same is the same, whether walked to or jumped to."""
    loader = Loader(made, "train", 64, columns=["id"])
    first, second = ids(loader), ids(loader)
    assert loader.epoch == 2
    assert first != second
    assert sorted(first) == sorted(second)
    assert ids(Loader(made, "train", 10, columns=["id"], epoch=1)) == second
    assert ids(Loader(made, "train", 10, columns=["id"], seed=1)) != first


def test_the_order_is_this_one(tmp_path: Path) -> None:
    """The order of rows is fixed for ever: another numpy, pyarrow, polars or machine may not change it."""
    frame = pl.DataFrame({"id": range(1_000), "split": ["all"] * 1_000, "x": [0.5] * 1_000})
    made = release(tmp_path, frame)
    assert ids(Loader(made, "all", 50, columns=["id"]))[:8] == [675, 514, 242, 942, 690, 552, 859, 765]
    streamed = Loader(made, "all", 50, columns=["id"], lanes=3, window=2, seed=7, epoch=2)
    assert ids(streamed)[:8] == [634, 135, 927, 739, 262, 426, 669, 886]


def test_a_state_is_a_few_json_values(made: Release) -> None:
    """It survives JSON, and a pass broken off begins again where it began, not where it was left."""
    loader = Loader(made, "train", 64, columns=["id"])
    batches = iter(loader)
    got = [next(batches)["id"].tolist() for _ in range(3)]
    state = json.loads(json.dumps(loader.state_dict()))
    assert state["consumed"] == 192
    assert next(iter(loader))["id"].tolist() == got[0]
    resumed = Loader(made, "train", 64, columns=["id"], seed=9)
    resumed.load_state_dict(state)
    whole = ids(Loader(made, "train", 64, columns=["id"]))
    assert ids(resumed) == whole[192:]
    assert resumed.state_dict()["epoch"] == 1
    assert sorted(ids(resumed)) == sorted(whole)


def test_set_epoch_keeps_a_resumed_place(made: Release) -> None:
    """The usual loop calls `set_epoch` first; it must not go back to the epoch's start."""
    loader = Loader(made, "train", 64, columns=["id"])
    loader.load_state_dict(loader.state_at(5))
    loader.set_epoch(0)
    assert len(loader) == 20
    loader.set_epoch(1)
    assert len(loader) == 25


def test_one_batch_is_the_same_as_in_the_pass(made: Release) -> None:
    """`batch(step)` reads its windows alone and gives what the pass gives; also from a pickled loader."""
    loader = Loader(made, "train", 64, columns=["id"], lanes=2, window=2)
    whole = [batch["id"].tolist() for batch in loader.walk(range(len(loader)))]
    copied = pickle.loads(pickle.dumps(loader))  # noqa: S301 - our own bytes
    assert [copied.batch(step)["id"].tolist() for step in range(len(loader))] == whole
    with pytest.raises(IndexError):
        loader.batch(len(loader))


def test_passes_do_not_disturb_each_other(made: Release) -> None:
    """Two passes at once, and single batches in between, each have memory of their own."""
    loader = Loader(made, "train", 64, columns=["id"], lanes=2, window=2)
    whole = [batch["id"].tolist() for batch in loader.walk(range(25))]
    one, other = loader.walk(range(25)), loader.walk(range(10, 25))
    got = [
        (next(one)["id"].tolist(), next(other)["id"].tolist(), loader.batch(3)["id"].tolist())
        for _ in range(15)
    ]
    assert got == [(whole[step], whole[step + 10], whole[3]) for step in range(15)]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_a_resume_reads_the_window_and_no_more(tmp_path: Path, share: float) -> None:
    """Wherever in the epoch: of 313 blocks lanes × window, and the ends of each lane."""
    frame = pl.DataFrame({"id": np.arange(20_000), "x": np.zeros(20_000, "f4")}).with_columns(
        split=pl.lit("all")
    )
    loader = Loader(release(tmp_path, frame), "all", 32, columns=["id"], lanes=4, window=4)
    loader.batch(int(len(loader) * share))
    assert 0 < loader.blocks_read <= 4 * 4 + 2 * 4 + 5


def test_ranks_read_their_own_lanes(tmp_path: Path) -> None:
    """Where world size divides the lanes, all ranks together read each block about once."""
    frame = pl.DataFrame({"id": np.arange(20_000), "x": np.zeros(20_000, "f4")}).with_columns(
        split=pl.lit("all")
    )
    made = release(tmp_path, frame)
    ranks = [Loader(made, "all", 16, columns=["id"], rank=rank, world_size=4) for rank in range(4)]
    for loader in ranks:
        assert len(ids(loader)) == 5_000
    assert sum(loader.blocks_read for loader in ranks) <= 313 + 8


def test_a_split_in_memory_is_read_once(made: Release) -> None:
    """What fits in the window is decoded for the first epoch and kept for the next ones."""
    loader = Loader(made, "train", 64, columns=["id"])
    ids(loader)
    read = loader.blocks_read
    ids(loader)
    assert loader.blocks_read == read == 25


def test_a_failed_gate_is_refused(tmp_path: Path) -> None:
    """A release that did not pass exists, and the loader says why it will not read it."""
    failed = release(
        tmp_path, table(50), gate=Gate(checks=(Check("sample", passed=False, words="too small"),))
    )
    with pytest.raises(GateError, match="sample: too small"):
        Loader(failed.path, "train", 8)


@pytest.mark.parametrize("where", [10, -30])
def test_a_changed_byte_is_refused(tmp_path: Path, where: int) -> None:
    """One bit in a block or in the footer: the bytes are held against the manifest before they are used."""
    made = release(tmp_path, table(500))
    path = made.path / "data" / "train-00000.parquet"
    body = bytearray(path.read_bytes())
    body[where] ^= 1
    path.write_bytes(body)
    with pytest.raises(IntegrityError, match="not what was published"):
        ids(Loader(made, "train", 8, columns=["id"]))
    with pytest.raises(IntegrityError, match="not what was published"):
        made.verify()


def test_a_shorter_or_missing_file_is_refused(tmp_path: Path) -> None:
    """Also without hashing: the size alone tells."""
    made = release(tmp_path, table(500))
    path = made.path / "data" / "train-00000.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="not as published"):
        ids(Loader(made, "train", 8, verify=False))
    path.unlink()
    with pytest.raises(IntegrityError, match="missing"):
        ids(Loader(made, "train", 8))


def test_another_schema_than_asked_is_refused(made: Release) -> None:
    """An unknown column, or one of another dtype than the training code was written for."""
    with pytest.raises(SchemaError, match="no column 'y'"):
        Loader(made, "train", 8, columns=["x", "y"])
    with pytest.raises(SchemaError, match="'x' twice"):
        Loader(made, "train", 8, columns=["x", "count", "x"])
    with pytest.raises(SchemaError, match="x is float32, not float64"):
        Loader(made, "train", 8, columns={"x": "float64"})
    assert list(Loader(made, "train", 8, columns={"x": "float32"}).batch(0)) == ["x"]
    with pytest.raises(SchemaError, match="numeric"):
        Loader(made, "train", 8, columns=["text"], matrix=True)


def test_a_foreign_state_is_refused(made: Release, tmp_path: Path) -> None:
    """A state of other data, split or algorithm, or of no loader at all; the place stays as it was."""
    loader = Loader(made, "train", 8, columns=["id"])
    other = Loader(release(tmp_path, table(2_000, seed=1)), "train", 8)
    state = loader.state_at(3)
    for foreign, word in [
        (other.state_at(3), "content hash"),
        (state | {"algorithm": "dq-epoch-0"}, "algorithm"),
        (state | {"split": "test"}, "split"),
        (state | {"consumed": 10**9}, "out of range"),
        (state | {"consumed": "24"}, "consumed"),
        ({"step": 3}, "loader's state"),
        (None, "NoneType"),
    ]:
        with pytest.raises(ConfigError, match=word):
            loader.load_state_dict(foreign)
    assert loader.state_dict()["consumed"] == 0


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 0}, {"rank": 2, "world_size": 2}, {"split": "dev"}, {"world_size": 5_000}, {"lanes": 0}],
)
def test_what_cannot_be_is_refused(made: Release, wrong: dict[str, int | str]) -> None:
    """A batch of nothing, a rank outside the world, a split that is not there, more ranks than rows."""
    with pytest.raises(ConfigError):
        Loader(made, **({"split": "train", "batch_size": 8} | wrong))


def test_a_state_of_an_older_version_names_it(tmp_path: Path) -> None:
    """Released again between a kill and its resume: the error says which version to open."""
    old = Loader(release(tmp_path, table(500)), "train", 50)
    new = Loader(release(tmp_path, table(600)), "train", 50)
    with pytest.raises(ConfigError, match="the state is of numbers@1: open that"):
        new.load_state_dict(old.state_at(2))


def test_numbers_of_other_libraries_are_taken(made: Release) -> None:
    """numpy's whole numbers are as good as Python's, and the state goes through JSON; text and fractions are not."""
    loader = Loader(made, "train", np.int32(64), columns=["id"], seed=np.uint8(1))
    loader.set_epoch(np.int64(3))
    again = Loader(made, "train", 64, columns=["id"])
    again.load_state_dict(json.loads(json.dumps(loader.state_dict())))
    assert ids(again) == ids(loader)
    with pytest.raises(ConfigError, match="epoch is '3'"):
        loader.set_epoch("3")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"batch_size is 8\.5"):
        Loader(made, "train", 8.5)  # type: ignore[arg-type]


def test_a_loader_says_what_it_is(made: Release) -> None:
    """In a notebook, and in the list of datasets that a mistyped name is answered with."""
    loader = Loader(made, "train", 64, rank=1, world_size=2)
    loader.load_state_dict(loader.state_at(2))
    assert (
        repr(loader)
        == "Loader(numbers@1, 'train', 64): 1,600 rows, epoch 0 from row 256, 11 batches on rank 1 of 2"
    )
    with pytest.raises(ConfigError, match="releases here are of: numbers"):
        open_release("nmubers", made.path.parent.parent)
    with pytest.raises(SchemaError, match=r"columns=\['text'\]"):
        Loader(made, "train", 64, columns="text")


def test_the_tail_is_dealt_evenly(made: Release) -> None:
    """Of 1,600 rows in batches of 3 × 64 the last 64 are 22, 21 and 21; `drop_last` leaves them out."""
    ranks = [Loader(made, "train", 64, columns=["id"], rank=rank, world_size=3) for rank in range(3)]
    assert [[len(batch["id"]) for batch in loader][-2:] for loader in ranks] == [[64, 22], [64, 21], [64, 21]]
    assert len(Loader(made, "train", 64, world_size=3, drop_last=True)) == 8


def test_a_gpu_node_needs_numpy_and_pyarrow_alone(made: Release) -> None:
    """Reading batches imports nothing of the pipeline, and not pandas behind pyarrow's back either."""
    code = (
        "import sys; from dq.training import Loader;"
        f"assert len(list(Loader({str(made.path)!r}, 'train', 64, matrix=True))) == 25;"
        "print([m for m in ('polars', 'duckdb', 'pandera', 'dagster', 'pandas', 'filelock', 'torch', 'httpx')"
        " if sys.modules.get(m)])"
    )
    assert python(code).stdout.strip() == "[]"


def test_torch_is_asked_for_in_words_where_it_is_absent() -> None:
    """The adapter's import says what to install."""
    code = "import sys; sys.modules['torch'] = None; import dq.training.torch"
    assert "ConfigError: dq.training.torch needs torch" in python(code).stderr


@pytest.mark.parametrize("batch", [7, 64, 100, 1_000])
def test_without_shuffling_the_order_is_that_of_the_files(tmp_path: Path, batch: int) -> None:
    """Every epoch gives the rows as they stand in the Parquet files, whatever the batches; all columns are right."""
    made = release(tmp_path, table(1_000))
    files = [made.path / file.path for file in made.manifest.files if file.split == "train"]
    published = pl.concat([pl.read_parquet(path) for path in files])
    loader = Loader(made, "train", batch, columns=["id", "x", "text", "count"], matrix=True, shuffle=False)
    for epoch in range(2):
        assert loader.epoch == epoch
        batches = list(loader)
        assert [number for one in batches for number in one["id"].tolist()] == published["id"].to_list()
        assert [text for one in batches for text in one["text"].tolist()] == published["text"].to_list()
        features = np.concatenate([one["features"] for one in batches])
        expected = published.select(pl.col("x", "count").cast(pl.Float32)).to_numpy()
        assert np.array_equal(features, expected, equal_nan=True)
        assert all(one["features"].flags.c_contiguous and one["features"].flags.writeable for one in batches)


def test_a_shuffled_state_is_not_one_of_published_order(tmp_path: Path) -> None:
    """Each loader refuses the other's state and says which order it is of."""
    made = release(tmp_path, table(500))
    one, other = (Loader(made, "train", 50, columns=["id"], shuffle=shuffle) for shuffle in (True, False))
    for loader, state in ((one, other.state_at(2)), (other, one.state_at(2))):
        with pytest.raises(ConfigError, match="another algorithm"):
            loader.load_state_dict(state)
