from connectors.selectors import Selectors

PAGE = """
<article class="post" data-id="1"><p class="text"> one <b>bold</b> </p><a href="/1">more</a></article>
<article class="post" data-id="2"><p class="text"></p><a>no address</a></article>
<article class="post"><p>other</p></article>
<article class="post" data-id="4"><p class="text">four</p><a href="/4">more</a></article>
"""
POSTS = Selectors("article.post", {"post_id": "@data-id", "text": "p.text", "link": "a@href"})


def test_fields_are_read_by_selector_attribute_and_record() -> None:
    """Text without the space around it, attributes of a match, attributes of the record itself."""
    decoded = POSTS.read(PAGE, "u")
    assert decoded.rows.rows() == [("1", "one bold", "/1", 1), ("4", "four", "/4", 4)]


def test_a_record_without_a_field_is_a_reject_that_names_it() -> None:
    """Each missing field is a reason of its own; the record is kept as it stands; others are untouched."""
    decoded = POSTS.read(PAGE, "http://h/p")
    reasons = decoded.rejects.select("_row", "rule", "column", "message").rows()
    assert reasons == [
        (3, "selector:post_id", "post_id", "http://h/p, record 3: no post_id (@data-id)"),
        (3, "selector:text", "text", "http://h/p, record 3: no text (p.text)"),
        (2, "selector:link", "link", "http://h/p, record 2: no link (a@href)"),
        (3, "selector:link", "link", "http://h/p, record 3: no link (a@href)"),
    ]
    assert decoded.rejects["text"][0] == '<article class="post"><p>other</p></article>'
    assert decoded.records == 4 == decoded.rows.height + decoded.rejects["_row"].n_unique()


def test_an_empty_element_is_null_not_missing() -> None:
    """The page has the field, and says nothing in it."""
    decoded = Selectors("article", {"text": "p"}).read("<article><p> </p></article>", "u")
    assert decoded.rows.rows() == [(None, 1)]


def test_a_page_without_records_is_one_reject() -> None:
    """A page that is not what was agreed is seen, not passed over."""
    decoded = POSTS.read("<h1>Please log in</h1>", "http://h/p")
    assert (decoded.rows.columns, decoded.rows.height, decoded.records) == (
        ["post_id", "text", "link", "_row"],
        0,
        1,
    )
    assert decoded.rejects.row(0, named=True) == {
        "_row": 1,
        "byte_offset": 0,
        "text": "<h1>Please log in</h1>",
        "rule": "selector:record",
        "column": None,
        "message": "http://h/p: no record (article.post) on the page",
    }


def test_malformed_html_still_gives_its_records() -> None:
    """Unclosed tags and stray brackets are read as a browser reads them."""
    page = (
        "<article class=post data-id=1><p class=text>a < b<article class=post data-id=2><p class=text>c</div>"
    )
    rows = Selectors("article.post", {"id": "@data-id", "text": "p.text"}).read(page, "u").rows
    assert rows["id"].to_list() == ["1", "2"]
