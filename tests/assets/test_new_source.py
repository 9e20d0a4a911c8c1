import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from assets.api_guess import guessed
from assets.new_source import main
from assets.reader_choice import reader_of
from connectors.arrow_file import ArrowFile
from connectors.delimited import Delimited
from connectors.images import Images
from connectors.json_file import JsonFile
from connectors.json_rows import load
from connectors.packed import Packed
from connectors.reader import Reader
from dq.profile.draft import compiled
from tests.end_to_end.deployment import CHECKOUT, Deployment, copied_checkout

SITE = "${DQ_SAMPLE_SITE}"
FIVE = {
    "drafts__coded": (
        "--kind=api",
        f"--url={SITE}/api/finance/applicants?page=1&per_page=100",
        "--licence=MIT",
    ),
    "drafts__posts": (
        "--kind=crawl",
        f"--url={SITE}/social/posts/page-208.html",
        "--record=article.post",
        "--field=post_id=@data-id",
        "--field=text=p.text",
    ),
    "drafts__hearts": ("--kind=archive", f"--url={SITE}/archives/medical/heart_statlog.zip"),
    "drafts__cdnow": ("--kind=files", "--glob=discs.tsv", "--description=Purchases of discs"),
    "drafts__answers": ("--kind=survey", "--glob=answers/*.csv"),
}
ROWS = {"coded": 1000, "posts": 60, "hearts": 270, "cdnow": 2, "answers": 3}
ANSWERS = "respondent,On a scale, how?,comment\n1,5,fine\n2,4,\n3,1,bad\n".replace(
    "On a scale, how?", '"On a scale, how?"'
)

RUN = """
import os
from datetime import UTC, datetime
from assets.definitions import feeds
from assets.lake import CHECKOUT
from dq.run import Run
from dq.settings import Settings
from dq.stage.collect import collect
from dq.stage.refine import refine

run = Run("r1", Settings.of(os.environ, CHECKOUT), "v1", lambda: datetime.now(UTC))
for feed in feeds():
    if feed.domain == "drafts":
        collect(feed, run), refine(feed, run)
"""


@pytest.fixture
def deployment(
    tmp_path: Path, sample_root: Path, sample_site: str, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    files = tmp_path / "files"
    (files / "answers").mkdir(parents=True)
    (files / "answers" / "spring.csv").write_text(ANSWERS, encoding="utf-8")
    (files / "discs.tsv").write_text(
        "customer\tbought_on\n00001\t1997-01-01\n00002\t1997-01-12\n", encoding="utf-8"
    )
    monkeypatch.setenv("DQ_FILES", str(files))
    monkeypatch.setenv("DQ_SAMPLE_SITE", sample_site)
    checkout = tmp_path / "checkout"
    (checkout / "assets" / "sources").mkdir(parents=True)
    (checkout / "checks").mkdir()
    return Deployment(tmp_path / "home", files, sample_site, checkout)


def written(checkout: Path) -> list[Path]:
    return sorted(checkout.rglob("drafts__*.py"))


def test_what_is_written_for_each_kind_is_short_tidy_and_runs(deployment: Deployment, tmp_path: Path) -> None:
    """Five kinds, five files of at most 25 lines with a contract each; ruff is content, every row comes, and of those
    that a contract drafted from the first bodies refuses there are few.
    """
    for name, words in FIVE.items():
        assert main([name, *words], deployment.checkout) == 0
    files = written(deployment.checkout)
    assert len(files) == 10
    for path in files:
        if path.parent.name == "sources":
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 25
    checkout = copied_checkout(tmp_path / "whole")
    shutil.copy(CHECKOUT / "pyproject.toml", checkout)
    copies = [checkout / path.relative_to(deployment.checkout) for path in files]
    for path, copy in zip(files, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    ruff = Path(sys.executable).parent / "ruff"
    for words in (("check",), ("format", "--check")):
        done = subprocess.run(  # noqa: S603
            [ruff, *words, "--no-cache", *copies], cwd=checkout, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    (checkout / "tests_run_drafts.py").write_text(RUN, encoding="utf-8")
    ran = Deployment(deployment.home, deployment.files, deployment.site, checkout)
    ended = ran.python("tests_run_drafts")
    assert ended.code == 0, ended.out + ended.err
    ledger = ran.ask(
        "select table_name, rows_in, accepted from quality.ledger where table_name like 'core.%'"
    )
    assert {name: rows for name, rows, _ in ledger.rows()} == {
        f"core.drafts__{k}": n for k, n in ROWS.items()
    }
    for _, rows, accepted in ledger.rows():
        assert accepted >= 0.97 * rows


def test_nothing_is_written_over(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time is refused with the file's name, and the first file is as it was."""
    assert main(["drafts__answers", *FIVE["drafts__answers"]], deployment.checkout) == 0
    before = [path.read_bytes() for path in written(deployment.checkout)]
    assert main(["drafts__answers", "--kind=files", "--glob=answers/*"], deployment.checkout) == 2
    assert "is there already" in capsys.readouterr().err
    assert [path.read_bytes() for path in written(deployment.checkout)] == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("Drafts", "--kind=files", "--glob=x"), 2, "<domain>__<source>"),
        (("drafts__a", "--kind=files"), 2, "needs --glob"),
        (("drafts__a", "--kind=api"), 2, "needs --url"),
        (("drafts__a", "--kind=files", "--glob=none/*.csv"), 3, "no file matches"),
        (("drafts__a", "--kind=crawl", f"--url={SITE}/nowhere"), 3, "404"),
        (("drafts__a", "--kind=crawl", f"--url={SITE}/", "--field=x=y"), 2, "belong together"),
        (("drafts__a", "--kind=files", "--glob=x", "--column=a:text"), 2, "types are"),
        (("drafts__a", "--kind=files", "--glob=**/*.?sv"), 2, "have no column in common"),
    ],
)
def test_what_cannot_be_drafted_is_told_and_nothing_is_written(
    deployment: Deployment,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    """A wrong call ends with 2, a source that is not to be had with 3; neither leaves half a draft."""
    assert main(words, deployment.checkout) == code
    assert says in capsys.readouterr().err
    assert not written(deployment.checkout)


def test_columns_can_be_declared_before_there_is_a_source(deployment: Deployment) -> None:
    """Where no sample is to be had, --column says what will come."""
    words = ("--kind=files", "--glob=later/*.ndjson", "--column=id:int", "--column=text", "--column=on:date")
    assert main(["drafts__later", *words], deployment.checkout) == 0
    contract, source = (path.read_text(encoding="utf-8") for path in written(deployment.checkout)[::-1])
    contract, source = (contract, source) if "class " in contract else (source, contract)
    assert "id: int = pa.Field(nullable=True" in contract
    assert "lines=True" in source
    assert compiled(contract).columns.keys() == {"id", "text", "on"}


@pytest.mark.parametrize(
    ("page", "headers", "expected"),
    [
        ('{"items": [{"a": 1}], "total": 9, "next": "/p2"}', {}, ("items", "total", "next", None)),
        ('[{"a": 1}, {"a": 2}]', {"link": '<x>; rel="next"'}, ("", None, "header:link", None)),
        ('{"message": {"items": [{"a": 1}], "total-results": 3, "next-cursor": "c"}}', {},
         ("message.items", "message.total-results", "message.next-cursor", "cursor")),
        ('{"value": [{"a": 1}], "@odata.nextLink": "u", "count": 0}', {}, ("value", None, "@odata.nextLink", None)),
        ('{"rows": [], "facets": [{"n": 1}, {"n": 2}], "results": [{"a": 1}, {"a": 2}, {"a": 3}]}', {},
         ("results", None, None, None)),
    ],
)  # fmt: skip
def test_the_form_of_an_api_is_read_from_one_page(
    page: str, headers: dict[str, str], expected: tuple[str]
) -> None:
    """The longest list is the records; a total smaller than the page is none."""
    found = guessed(load(page.encode(), "x"), headers)
    assert tuple(found.values()) == expected


TABLE = "编号;城市;价格\n1;北京;1,50\n2;上海;2,75\n3;广州;3,00\n" * 5


@pytest.mark.parametrize(
    ("name", "body", "declared"),
    [
        ("a.csv", TABLE.encode("gb18030"), Delimited(";", encoding="gb18030")),
        ("a.csv", TABLE.encode("utf-16"), Delimited(";")),
        ("a.csv", TABLE.encode() + "4;深圳;1,00\n".encode("gbk"), Delimited(";", encoding=None)),
        ("a.csv.gz", gzip.compress(TABLE.encode(), mtime=0), Packed(Delimited(";"))),
        ("a.ndjson.zst", zstandard.compress(b'{"a": 1}\n'), Packed(JsonFile(lines=True))),
        ("a.json", b'{"meta": {"n": 2}, "rows": [{"id": 1}, {"id": 2}', JsonFile(items="rows")),
        ("a.feather", b"ARROW1", ArrowFile()),
        ("a.jpg", b"\xff\xd8", Images()),
    ],
)
def test_a_reader_is_chosen_by_name_and_contents(name: str, body: bytes, declared: Reader) -> None:
    """Delimiter, encoding, compression, a document's list: what the name does not say, the first bytes do."""
    assert reader_of(f"folder/{name}", body) == declared
