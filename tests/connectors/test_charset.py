import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.charset import page_text

CHINESE = "<html><head><title>朱镕基</title></head><body><h1>评论很好，值得一看</h1></body></html>"


@pytest.mark.parametrize(
    ("encoding", "header", "meta"),
    [
        ("utf-8", None, None),
        ("utf-8", "text/html; charset=utf-8", None),
        ("utf-8", "text/html; charset=iso-8859-1", None),
        ("utf-8", "text/html; charset=gbk", None),
        ("utf-8-sig", None, None),
        ("gbk", "text/html; charset=gbk", None),
        ("gbk", "text/html; charset=gb2312", None),
        ("gbk", None, "gb2312"),
        ("gbk", "text/html; charset=utf-8", None),
        ("gbk", "text/html; charset=utf-8", "gbk"),
        ("gbk", "text/html", None),
        ("gb18030", None, "gb2312"),
        ("big5", "text/html; charset=big5", None),
    ],
)
def test_pages_come_out_right_also_where_header_or_page_lie(
    encoding: str, header: str | None, meta: str | None
) -> None:
    """Whatever header and page claim, the text is what the author wrote."""
    page = (
        CHINESE.replace("朱镕基", "朱容基").replace("评论", "評論").replace("值得一看", "一看")
        if encoding == "big5"
        else CHINESE
    )
    page = page.replace("<head>", f'<head><meta charset="{meta}">') if meta else page
    assert page_text(page.encode(encoding), header) == page


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff")))
def test_utf8_is_always_right(text: str) -> None:
    """A page in UTF-8 is read as such, with and without a header."""
    for header in (None, "text/html", "text/html; charset=utf-8"):
        assert page_text(text.encode(), header) == text


@given(st.text(alphabet="我正在写这本书的心得勘误和疑点有兴趣的朋友可以访问网站评论很好", min_size=8))
def test_gbk_pages_that_say_so_are_always_right(text: str) -> None:
    """A page that is declared gb2312 and written in GBK loses nothing."""
    assert page_text(text.encode("gbk"), "text/html; charset=gb2312") == text


def test_one_chinese_character_is_enough() -> None:
    """元 in GBK is valid UTF-8 for a letter of another alphabet; the page's own word decides."""
    body = "<b>5元</b>".encode("gbk")
    assert body.decode("utf-8") == "<b>5Ԫ</b>"
    assert page_text(body, "text/html; charset=gb2312") == "<b>5元</b>"
    assert page_text(b'<meta charset="gbk">' + body).endswith("<b>5元</b>")


@pytest.mark.parametrize(
    ("encoding", "text"), [("iso-2022-jp", "日本語"), ("hz-gb-2312", "汉字"), ("utf-16", "字")]
)
def test_encodings_that_look_like_ascii_are_read_as_declared(encoding: str, text: str) -> None:
    """Their bytes are valid ASCII and mean something else."""
    body = text.encode("hz" if encoding.startswith("hz") else encoding)
    assert page_text(body, f"text/html; charset={encoding}") == text


def test_a_page_that_claims_utf16_in_ascii_is_not_utf16() -> None:
    """A claim that could be read proves itself wrong."""
    page = '<meta charset="utf-16"><p>héllo 字</p>'
    assert page_text(page.encode()) == page
