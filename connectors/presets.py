"""Public APIs as sources: how each pages, counts and wants to be asked. Their terms of use are the caller's to keep.

>>> world_bank("macro__inflation", "FP.CPI.TOTL.ZG", country="GHA").url
'https://api.worldbank.org/v2/country/GHA/indicator/FP.CPI.TOTL.ZG?format=json'
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from connectors.api import JsonApi
from connectors.auth import Bearer, Key
from connectors.since import Since
from connectors.xml_rows import load_xml


def github_issues(
    name: str, repository: str, *, token: str | None = None, since: str | None = None, **more: Any
) -> JsonApi:
    """Give all issues and pull requests of a repository ("owner/name").

    With `since` (an ISO 8601 time) only those updated after it, and after that only what is new: give the feed
    `distinct=("id", "updated_at")`. `token` is a `${NAME}`; without one GitHub allows 60 requests an hour.
    """
    known = None if since is None else Since("since", "updated_at", since, timedelta(minutes=10))
    return JsonApi(
        name,
        f"https://api.github.com/repos/{repository}/issues",
        items="",
        next="header:link",
        total=None,
        params={"state": "all", "sort": "updated", "direction": "asc", "per_page": "100"},
        headers={"accept": "application/vnd.github+json"},
        auth=None if token is None else Bearer(token),
        since=known,
        **{"flat": True, "key": "id", **more},
    )


def stack_exchange(
    name: str, what: str, *, site: str = "stackoverflow", key: str | None = None, **more: Any
) -> JsonApi:
    """Give `questions`, `answers`, `users`, … of a site; CC BY-SA 4.0. Without `key`, 300 requests a day."""
    return JsonApi(
        name,
        f"https://api.stackexchange.com/2.3/{what}",
        next=None,
        page_param="page",
        more="has_more",
        total=None,
        params={"site": site, "pagesize": "100", "order": "asc", "sort": "creation"},
        auth=None if key is None else Key(key, param="key"),
        **{"flat": True, "licence": "CC BY-SA 4.0", **more},
    )


def world_bank(name: str, indicator: str, *, country: str = "all", **more: Any) -> JsonApi:
    """Give an indicator, one row per country and year; CC BY 4.0."""
    return JsonApi(
        name,
        f"https://api.worldbank.org/v2/country/{country}/indicator/{indicator}?format=json",
        items="1",
        total="0.total",
        next=None,
        page_param="page",
        params={"per_page": "1000"},
        **{"flat": True, "licence": "CC BY 4.0", **more},
    )


def ckan(name: str, portal: str, resource: str, *, size: int = 1000, **more: Any) -> JsonApi:
    """Give the rows of a table in a CKAN portal's data store, by `_id`, which is its name for the row."""
    return JsonApi(
        name,
        f"{portal.rstrip('/')}/api/3/action/datastore_search",
        items="result.records",
        total="result.total",
        next=None,
        page_param="offset",
        first_page=0,
        page_step=size,
        params={"resource_id": resource, "limit": str(size), "sort": "_id"},
        **{"key": "_id", **more},
    )


def socrata(
    name: str, portal: str, dataset: str, *, size: int = 1000, token: str | None = None, **more: Any
) -> JsonApi:
    """Give the rows of a data set of a Socrata portal; it states no total, so an empty page is the end."""
    return JsonApi(
        name,
        f"{portal.rstrip('/')}/resource/{dataset}.json",
        items="",
        total=None,
        next=None,
        page_param="$offset",
        first_page=0,
        page_step=size,
        params={"$limit": str(size), "$order": ":id"},
        auth=None if token is None else Key(token, header="x-app-token"),
        **more,
    )


def hugging_face(
    name: str,
    dataset: str,
    *,
    config: str = "default",
    split: str = "train",
    token: str | None = None,
    **more: Any,
) -> JsonApi:
    """Give the rows of a split by the dataset viewer, a hundred a page; the licence is the data set's own."""
    return JsonApi(
        name,
        "https://datasets-server.huggingface.co/rows",
        items="rows",
        total="num_rows_total",
        next=None,
        page_param="offset",
        first_page=0,
        page_step=100,
        params={"dataset": dataset, "config": config, "split": split, "length": "100"},
        auth=None if token is None else Bearer(token),
        **{"flat": True, "key": "row_idx", **more},
    )


def openalex(name: str, what: str, *, filter: str, key: str | None = None, **more: Any) -> JsonApi:  # noqa: A002
    """Give `works`, `authors`, … of OpenAlex that a filter finds; CC0. `key` is a `${NAME}`."""
    return JsonApi(
        name,
        f"https://api.openalex.org/{what}",
        items="results",
        total="meta.count",
        next="meta.next_cursor",
        next_param="cursor",
        params={"filter": filter, "per_page": "100", "cursor": "*"},
        auth=None if key is None else Key(key, param="api_key"),
        **{"key": "id", "licence": "CC0 1.0", **more},
    )


def crossref(name: str, filter: str, *, mailto: str, **more: Any) -> JsonApi:  # noqa: A002
    """Give the works that a Crossref filter finds, up to the 10,000 that may be reached by offset."""
    return JsonApi(
        name,
        "https://api.crossref.org/works",
        items="message.items",
        total="message.total-results",
        next=None,
        page_param="offset",
        first_page=0,
        page_step=500,
        params={"filter": filter, "rows": "500", "sort": "created", "order": "asc", "mailto": mailto},
        max_pages=20,
        **{"key": "DOI", "licence": "facts, no rights claimed by Crossref", **more},
    )


def pubmed(name: str, ids: Sequence[int], **more: Any) -> JsonApi:
    """Give these articles of PubMed (up to 200), from the XML of the E-utilities."""
    listed = quote(",".join(map(str, ids)), safe=",")
    return JsonApi(
        name,
        f"https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi?db=pubmed&retmode=xml&id={listed}",
        tree=load_xml,
        items="PubmedArticleSet.PubmedArticle",
        next=None,
        total=None,
        **{"flat": True, "rate": 3.0, "licence": "NLM terms; abstracts may be under copyright", **more},
    )
