"""Presets against answers in the real APIs' forms.

Recorded, cut to fewer records and fields: GitHub (github.com/octokit/fixtures, paginate-issues, MIT), Stack Exchange
(github.com/ShaunGerardAlberts/OrderQuestions, static-questions.js), PubMed (github.com/biopython/biopython,
Tests/Entrez/pubmed1.xml), Hugging Face (github.com/huggingface/dataset-viewer, docs/source/rows.md), Socrata
(github.com/xmunoz/sodapy, tests/test_data/bike_counts_page_1.json and _2.json, MIT) and Crossref
(github.com/ropensci/rcrossref, tests/fixtures/cr_works_param_select.yml, MIT; its total cut as its records are).
Made in the documented form, not recorded: World Bank, CKAN, OpenAlex, and the last page of Stack Exchange.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import presets
from connectors.api import JsonApi
from connectors.transport import Limits
from dq.errors import FetchError
from dq.landing import LandingStore
from dq.raw import RawBatch, decode_all
from dq.source import Surroundings
from tests.connectors.told_site import Request, ToldSite

Around = Callable[..., Surroundings]
Query = dict[str, str]


def read(preset: JsonApi, site: ToldSite, around: Around, store: LandingStore, **secrets: str) -> RawBatch:
    """Fetch as the preset says, but from the site at hand."""
    parts = urlsplit(preset.url)
    assert parts.scheme == "https"
    here = replace(
        preset,
        url="${DQ_SAMPLE_SITE}" + parts._replace(scheme="", netloc="").geturl(),
        limits=Limits(deadline=20.0, attempts=1),
    )
    fetched = here.fetch({}, around(here, {**site.environment, **secrets}))
    return decode_all(here, fetched.current, store)


def answers(site: ToldSite, path: str, give: Callable[[Query], Any], **headers: str) -> None:
    def page(request: Request) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        request.reply(json.dumps(give(query)).encode(), headers=headers)

    site.pages[path] = page


def issue(number: int) -> dict[str, Any]:
    return {
        "id": 1013 - number,
        "number": number,
        "title": f"Test issue {number}",
        "user": {"login": "octokit-fixture-user-a", "id": 1000, "type": "User", "site_admin": False},
        "labels": [],
        "state": "open",
        "assignee": None,
        "comments": 42,
        "created_at": "2017-10-10T16:00:00Z",
        "updated_at": "2017-10-10T16:00:00Z",
        "body": None,
    }


def test_github_issues(site: ToldSite, around: Around, store: LandingStore) -> None:
    """The Link header leads to another path of the same host, as recorded; users become columns."""
    link = f'<{site.url}/repositories/1000/issues?per_page=3&page=2>; rel="next", <{site.url}/x?page=2>; rel="last"'
    answers(
        site,
        "/repos/octokit-fixture-org/paginate-issues/issues",
        lambda _: [issue(n) for n in (13, 12, 11)],
        link=link,
    )
    answers(site, "/repositories/1000/issues", lambda _: [issue(10)])
    source = presets.github_issues(
        "code__issues",
        "octokit-fixture-org/paginate-issues",
        token="${GITHUB}",  # noqa: S106
    )
    rows = read(source, site, around, store, GITHUB="gh-t0ken").rows
    assert rows["number"].to_list() == ["13", "12", "11", "10"]
    assert set(rows["user.login"]) == {"octokit-fixture-user-a"}
    assert {headers["authorization"] for _, headers in site.log} == {"Bearer gh-t0ken"}


def test_github_issues_since(site: ToldSite, around: Around, store: LandingStore) -> None:
    """With a time, it is sent, and the next run goes on from the newest update."""
    answers(site, "/repos/a/b/issues", lambda _: [issue(13)])
    source = presets.github_issues("code__issues", "a/b", since="2017-01-01T00:00:00Z")
    read(source, site, around, store)
    assert "since=2017-01-01T00%3A00%3A00Z" in site.paths[0]


QUESTIONS = [
    {
        "tags": ["java", "c++", "performance"],
        "owner": {"reputation": 287481, "user_id": 87234, "display_name": "GManNickG"},
        "is_answered": True,
        "score": 21619,
        "creation_date": 1340805096,
        "question_id": 11227809,
        "title": "Why is it faster to process a sorted array than an unsorted array?",
    },
    {
        "tags": ["git", "git-commit"],
        "owner": {"reputation": 25510, "user_id": 89904, "display_name": "Hamza Yerlikaya"},
        "is_answered": True,
        "score": 17754,
        "creation_date": 1243620554,
        "question_id": 927358,
        "title": "How to undo the most recent commits in Git?",
    },
]


def test_stack_exchange(site: ToldSite, around: Around, store: LandingStore) -> None:
    """`has_more` says when the pages end: none is asked for in vain; tags stay a list."""
    answers(
        site,
        "/2.3/questions",
        lambda query: {
            "items": [QUESTIONS[int(query["page"]) - 1]],
            "has_more": query["page"] == "1",
            "quota_max": 300,
            "quota_remaining": 299,
        },
    )
    rows = read(presets.stack_exchange("forum__questions", "questions"), site, around, store).rows
    assert rows["question_id"].to_list() == ["11227809", "927358"]
    assert rows["tags"][1] == '["git","git-commit"]'
    assert rows["owner.user_id"].to_list() == ["87234", "89904"]
    assert len(site.log) == 2


def test_hugging_face(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Rows by offset; the fields of a row are columns `row.…`, and the total is held to."""
    recorded = {
        "row_idx": 150,
        "row": {
            "plot_id": "/m/03wj_q",
            "title": "Mortal Kombat",
            "answers": ["Outworld"],
            "no_answer": False,
        },
        "truncated_cells": [],
    }

    def give(query: Query) -> Any:
        start = int(query["offset"])
        rows = [{**recorded, "row_idx": index} for index in range(start, min(start + 100, 250))]
        return {
            "features": [],
            "rows": rows,
            "num_rows_total": 250,
            "num_rows_per_page": 100,
            "partial": False,
        }

    answers(site, "/rows", give)
    rows = read(presets.hugging_face("film__qa", "ibm/duorc", config="SelfRC"), site, around, store).rows
    assert rows["row_idx"].to_list() == [str(index) for index in range(250)]
    assert rows["row.answers"][0] == '["Outworld"]'
    assert {parse_qs(urlsplit(path).query)["offset"][0] for path in site.paths} == {"0", "100", "200"}


PUBMED = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="KIE" IndexingMethod="Manual"><PMID Version="1">12091962</PMID><Article PubModel="Print"><Journal><ISSN IssnType="Print">1043-1578</ISSN></Journal><ArticleTitle>The treatment of AIDS behind the walls of correctional facilities.</ArticleTitle><Language>eng</Language></Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM" IndexingMethod="Manual"><PMID Version="1">9997</PMID><Article PubModel="Print"><Journal><ISSN IssnType="Print">0006-3002</ISSN></Journal><ArticleTitle>Magnetic studies of Chromatium flavocytochrome C552. A mechanism for heme-flavin interaction.</ArticleTitle><Language>eng</Language></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""  # noqa: E501


def test_pubmed(site: ToldSite, around: Around, store: LandingStore) -> None:
    """XML with a document type that names a DTD elsewhere is read without fetching it."""
    site.gives("/entrez/eutils/efetch.fcgi", PUBMED)
    rows = read(presets.pubmed("medical__articles", (12091962, 9997)), site, around, store).rows
    assert rows["MedlineCitation.PMID.#text"].to_list() == ["12091962", "9997"]
    assert rows["MedlineCitation.Article.Journal.ISSN.#text"].to_list() == ["1043-1578", "0006-3002"]
    assert len(site.log) == 1


def test_world_bank(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A page is a list of two: what is known of the page, and its rows."""

    def give(query: Query) -> Any:
        page = int(query["page"])
        row = {
            "indicator": {"id": "FP.CPI.TOTL.ZG", "value": "Inflation, consumer prices (annual %)"},
            "country": {"id": "GH", "value": "Ghana"},
            "countryiso3code": "GHA",
            "date": str(2025 - page),
            "value": None if page == 3 else 9.9711,
        }
        return [{"page": page, "pages": 3, "per_page": 1, "total": 3, "sourceid": "2"}, [row]]

    answers(site, "/v2/country/GHA/indicator/FP.CPI.TOTL.ZG", give)
    rows = read(presets.world_bank("macro__cpi", "FP.CPI.TOTL.ZG", country="GHA"), site, around, store).rows
    assert rows["date"].to_list() == ["2024", "2023", "2022"]
    assert rows["value"].to_list() == ["9.9711", "9.9711", None]
    assert rows["country.value"][0] == "Ghana"


def test_ckan(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Offsets to the total; a portal whose pages shift is told."""

    def give(query: Query) -> Any:
        start = int(query["offset"])
        records = [{"_id": index + 1, "v": "x"} for index in range(start, min(start + 2, 5))]
        return {"success": True, "result": {"records": records, "total": 5, "limit": 2, "fields": []}}

    answers(site, "/api/3/action/datastore_search", give)
    source = presets.ckan("city__trees", "https://data.example.org/", "r-1", size=2)
    assert read(source, site, around, store).rows["_id"].to_list() == ["1", "2", "3", "4", "5"]
    answers(
        site,
        "/api/3/action/datastore_search",
        lambda query: give({"offset": str(int(query["offset"]) // 4 * 4)}),
    )
    with pytest.raises(FetchError, match="on two pages"):
        read(source, site, around, store)


def test_socrata(site: ToldSite, around: Around, store: LandingStore) -> None:
    """A bare list, and an empty one as the end; pages as recorded, with a line of their own for each record."""
    pages = {
        "0": """[{"id":"100009424","date":"2016-09-21T15:45:00.000","counts":"100","status":"0"}
,{"id":"100009424","date":"2016-09-21T16:00:00.000","counts":"77","status":"0"}]
""",
        "2": """[{"id":"100009424","date":"2016-10-02T01:45:00.000","counts":"3","status":"0"}]
""",
    }

    def page(request: Request) -> None:
        offset = parse_qs(urlsplit(request.path).query)["$offset"][0]
        request.reply(pages.get(offset, "[]\n").encode())

    site.pages["/resource/abcd-1234.json"] = page
    source = presets.socrata("city__bikes", "https://data.example.org", "abcd-1234", size=2)
    rows = read(source, site, around, store).rows
    assert rows["counts"].to_list() == ["100", "77", "3"]
    assert rows["date"][2] == "2016-10-02T01:45:00.000"


def test_openalex(site: ToldSite, around: Around, store: LandingStore) -> None:
    """The cursor begins with a star; the key is sent with every page and shown with none."""
    pages = {"*": ("W1", "c/1="), "c/1=": ("W2", None)}

    def give(query: Query) -> Any:
        assert query["api_key"] == "k3y-0"
        one, following = pages[query["cursor"]]
        return {"meta": {"count": 2, "per_page": 100, "next_cursor": following}, "results": [{"id": one}]}

    answers(site, "/works", give)
    source = presets.openalex("paper__works", "works", filter="publication_year:2020", key="${OPENALEX_KEY}")
    assert read(source, site, around, store, OPENALEX_KEY="k3y-0").rows["id"].to_list() == ["W1", "W2"]


RECORDED = r"""{"status":"ok","message-type":"work-list","message-version":"1.0.0","message":{"facets":{},
"total-results":3,"items":[{"DOI":"10.1126\/science.1174131","title":["\n            Science\n            for Science\n          "]},
{"DOI":"10.1002\/scin.5591821322","title":["People: The science life: Alt science"]},
{"DOI":"10.1093\/med\/9780198717607.003.0001","title":["Science before science"]}],
"items-per-page":20,"query":{"start-index":0,"search-terms":"science"}}}"""  # noqa: E501


def test_crossref_as_recorded(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Its escaped slashes are slashes; a list of titles stays a list, with the line ends that publishers put there."""
    site.gives("/works", RECORDED)
    source = presets.crossref("paper__crossref", "issn:1043-1578", mailto="me@example.org")
    rows = read(source, site, around, store).rows
    assert rows["DOI"].to_list() == [
        "10.1126/science.1174131",
        "10.1002/scin.5591821322",
        "10.1093/med/9780198717607.003.0001",
    ]
    assert json.loads(rows["title"][0]) == ["\n            Science\n            for Science\n          "]


def test_crossref(site: ToldSite, around: Around, store: LandingStore) -> None:
    """Offsets to `total-results`; each DOI once."""

    def give(query: Query) -> Any:
        start = int(query["offset"])
        items = [{"DOI": f"10.1/{index}", "title": ["t"]} for index in range(start, min(start + 500, 700))]
        return {"status": "ok", "message": {"total-results": 700, "items": items, "items-per-page": 500}}

    answers(site, "/works", give)
    source = presets.crossref("paper__crossref", "issn:1043-1578", mailto="me@example.org")
    assert read(source, site, around, store).rows["DOI"].n_unique() == 700
