"""The site's HTML: any text comes back out of it as it went in."""

from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from samples.pages import applicants_page, posts_page

# HTML reads a carriage return as a line feed and has no place for control characters.
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=80)


@given(texts=st.lists(TEXTS, max_size=4))
def test_a_post_reads_as_it_was_written(texts: list[str]) -> None:
    """Tags, quotes, ampersands and entities in a text are shown, not obeyed."""
    page = BeautifulSoup(posts_page([(str(n), text) for n, text in enumerate(texts)], 1, 1), "html.parser")
    assert [post.p.text for post in page.select("article.post")] == texts
    assert [post["data-id"] for post in page.select("article.post")] == [str(n) for n in range(len(texts))]


@given(row=st.lists(TEXTS, min_size=3, max_size=3))
def test_an_applicant_reads_as_it_was_written(row: list[str]) -> None:
    """Each value stands in the dd that carries its column's upstream name."""
    names = ["a_name", "b", "c"]
    page = BeautifulSoup(applicants_page(names, [(7, row)], 1, 1), "html.parser")
    article = page.select_one("article.applicant")
    assert article["data-id"] == "7"
    assert {field["data-field"]: field.text for field in article.select("dd")} == dict(
        zip(names, row, strict=True)
    )


def test_pages_lead_on_and_back() -> None:
    """The first page has no way back, the last none on, and one between has both."""

    def ways(number: int) -> dict[str, str]:
        page = BeautifulSoup(posts_page([], number, 3), "html.parser")
        return {link["rel"][0]: link["href"] for link in page.select("a[rel]")}

    assert ways(1) == {"next": "page-002.html"}
    assert ways(2) == {"prev": "page-001.html", "next": "page-003.html"}
    assert ways(3) == {"prev": "page-002.html"}
