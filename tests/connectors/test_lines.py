import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectors.lines import Lines, coding_of, line_starts, split_part
from dq.errors import ConfigError, DecodeError

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\ufeff"), max_size=8)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def split_lines(body: bytes, encoding: str | None, where: str) -> Lines:
    coding = coding_of(io.BytesIO(body), encoding, where)
    return split_part(body[coding.mark :], coding, where)


CHINESE = "我正在写这本书的心得，勘误和疑点，有兴趣的朋友可以访问我的网站"


@settings(max_examples=100)
@given(
    st.lists(st.tuples(TEXT, ENDS), max_size=8), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"])
)
def test_lines_and_their_ends_make_up_the_file(lines: list[tuple[str, str]], encoding: str) -> None:
    """For any line ends and any encoding, texts and ends joined are the file, and offsets point into it."""
    whole = "".join(text + end for text, end in lines)
    assume(
        encoding != "utf-16" or not whole.startswith("\0")
    )  # its first bytes are the mark of UTF-32, letter by letter
    body = whole.encode(encoding)
    split = split_lines(body, "gb18030" if encoding == "gb18030" else "utf-8", "f")
    assert "".join(text + end for text, end in split.frame.select("text", "end").rows()) == whole
    assert split.frame["line"].to_list() == list(range(1, split.frame.height + 1))
    assert not split.frame["bad"].any()
    mark = split.coding.mark
    starts = (line_starts(body[mark:], split.coding)[: split.frame.height] + mark).tolist()
    ends = [*starts[1:], len(body)] if starts else []
    assert [body[a:b].decode(split.encoding) for a, b in zip(starts, ends, strict=True)] == [
        text + end for text, end in split.frame.select("text", "end").rows()
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-8-sig", "utf-32"])
def test_the_encoding_is_found_out(encoding: str) -> None:
    """Without a declaration, marks, UTF-8 and Chinese encodings are told apart."""
    assert (
        split_lines(f"{CHINESE}\n{CHINESE}".encode(encoding), None, "f").frame["text"].to_list()
        == [CHINESE] * 2
    )


def test_western_text_is_not_taken_for_chinese() -> None:
    """GB18030 refuses almost nothing, so it is not the answer to all that is not UTF-8."""
    text = "Der Käufer zahlte für die Möbel in Köln fünfzig Mark; später änderte er müde seine Größe.\n" * 5
    assert split_lines(text.encode("cp1252"), None, "f").frame["text"][0] == text.splitlines()[0]


def test_a_mixed_file_is_read_line_by_line() -> None:
    """Lines in UTF-8 and lines in GBK in one file each come out right."""
    body = f"{CHINESE}\n".encode() + f"{CHINESE}\n".encode("gbk") + b"plain\n"
    split = split_lines(body, None, "f")
    assert split.frame["text"].to_list() == [CHINESE, CHINESE, "plain"]
    assert not split.frame["bad"].any()


def test_bytes_that_fit_no_encoding_mark_their_line_alone() -> None:
    """The line is shown with its bytes as escapes; the others are as they should be."""
    split = split_lines("é\n".encode() + b"a\xff\xfeb\n" + b"c\n", "utf-8", "f")
    assert split.frame["text"].to_list() == ["é", r"a\xff\xfeb", "c"]
    assert split.frame["bad"].to_list() == [False, True, False]


def test_cut_utf16_is_told() -> None:
    """There is no line to save where every byte pair may be off."""
    with pytest.raises(DecodeError, match="not valid utf-16"):
        split_lines("ab".encode("utf-16")[:-1], None, "f")


def test_an_unknown_encoding_is_the_declarations_fault() -> None:
    """A typo is told as such."""
    with pytest.raises(ConfigError, match="utf-9"):
        split_lines(b"a", "utf-9", "f")


@settings(max_examples=60)
@given(st.lists(st.text("中文数据联通模城市价格", min_size=1, max_size=6), min_size=1, max_size=6), st.data())
def test_one_line_of_utf8_in_a_file_of_gbk_is_read_as_such(lines: list[str], data: st.DataObject) -> None:
    """Wherever it stands: most UTF-8 is valid GB18030, too, and would come as other letters without a word."""
    at = data.draw(st.integers(0, len(lines)))
    body = "".join(f"{line}\n" for line in lines).encode("gbk")
    assert coding_of(io.BytesIO(body), None, "f").encodings != ("utf-8", "gb18030")
    rows = [f"{line}\n".encode("gbk") for line in lines]
    rows.insert(at, "一行统一码\n".encode())
    coding = coding_of(io.BytesIO(b"".join(rows)), None, "f")
    assert split_part(b"".join(rows), coding, "f").frame["text"][at] == "一行统一码"
