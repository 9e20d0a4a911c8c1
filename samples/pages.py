"""The site's HTML: plain pages that a person can read and a crawler can rely on."""

from collections.abc import Sequence
from html import escape
from itertools import starmap
from pathlib import Path

from samples.collection import APPLICANTS, POSTS, Collection

STYLE = Path(__file__).with_name("site.css").read_text(encoding="utf-8")


def posts_page(posts: Sequence[tuple[str, str]], number: int, last: int) -> str:
    """Write one page of posts: each an article.post with its id, and in p.text its text as published."""
    articles = "\n".join(
        f'<article class="post" data-id="{escape(post)}"><p class="text">{escape(text)}</p></article>'
        for post, text in posts
    )
    return _numbered(POSTS, articles, number, last)


def applicants_page(
    columns: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], number: int, last: int
) -> str:
    """Write one page of applicants: each an article.applicant, numbered, each value in a dd[data-field]."""

    def field(name: str, value: str) -> str:
        return (
            f'<dt>{escape(name.replace("_", " "))}</dt><dd data-field="{escape(name)}">{escape(value)}</dd>'
        )

    articles = "\n".join(
        f'<article class="applicant" data-id="{applicant}"><h2>Applicant {applicant}</h2>\n<dl>'
        + "\n".join(starmap(field, zip(columns, row, strict=True)))
        + "</dl></article>"
        for applicant, row in rows
    )
    return _numbered(APPLICANTS, articles, number, last)


def index_page(collections: Sequence[Collection]) -> str:
    """Write the front page: what there is, how much, where it is from and on what terms."""
    lines = "\n".join(
        f'<tr><td><a href="{escape(one.address)}">{escape(one.name)}</a></td>'
        f'<td class="count">{one.records:,}</td>'
        f"<td>{escape(one.form)}</td><td>{escape(one.terms)}</td></tr>"
        for one in collections
    )
    body = f"""<p>This small site plays the outside world for dq: it serves real, published records over HTTP,
so that crawling, reading an API and fetching archives can be tried without the internet. The records are
shown as they were published, with their mistakes: finding those is what dq is for.</p>
<div class="table"><table>
<thead><tr><th>What</th><th>Records</th><th>Form</th><th>From, licence</th></tr></thead>
<tbody>
{lines}
</tbody></table></div>
<p>See also <a href="/robots.txt">robots.txt</a>, <a href="/sitemap.xml">sitemap.xml</a> and
<a href="/healthz">healthz</a>. Each answer has an ETag, and an unchanged one is answered by 304.</p>"""
    return _page("Sample records", "", body, "Every collection keeps its own licence, named in its row.")


def not_found_page() -> str:
    """Write the page for an address that isn't here."""
    body = '<p>There is nothing at this address. <a href="/">All that is here</a></p>'
    return _page("Not found", '<a href="/">Sample records</a>', body, "")


def _numbered(collection: Collection, body: str, number: int, last: int) -> str:
    def link(rel: str, to: int, text: str) -> str:
        return f'<a rel="{rel}" href="page-{to:03}.html">{text}</a>' if 1 <= to <= last else "<span></span>"

    title = f"{collection.name}, page {number} of {last}"
    domain = collection.address.split("/")[1]
    crumbs = (
        f'<a href="/">Sample records</a> <span>›</span> <span>{domain}</span> <span>›</span> '
        f'<a href="{collection.address}">{collection.name}</a> <span>›</span> <span>page {number}</span>'
    )
    pager = (
        f'<nav class="pager" aria-label="pages">{link("prev", number - 1, "← previous")}'
        f"<span>page {number} of {last}</span>{link('next', number + 1, 'next →')}</nav>"
    )
    return _page(title, crumbs, f"{body}\n{pager}", escape(collection.terms))


def _page(title: str, crumbs: str, body: str, terms: str) -> str:
    trail = f'<nav aria-label="breadcrumbs">{crumbs}</nav>\n' if crumbs else ""
    foot = f"\n<footer>{terms}</footer>" if terms else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
{trail}<main>
<h1>{title}</h1>
{body}
</main>{foot}
</body>
</html>
"""
