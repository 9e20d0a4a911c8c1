"""Bytes of a page → text, right also where header, page and bytes disagree; parsers get text only.

Given bytes, a page that declares gb2312 and holds a character of GBK is silently cut by one parser and loses
its title in the other. So the bytes are decoded here, by the widest encoding of the family that they declare.
"""

from __future__ import annotations

import charset_normalizer
from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding

from connectors.east_asian import east_asian, is_no_latin

_DAMAGE = "\ufffd"
_TWO_BYTES = frozenset(
    {"gb18030", "big5hkscs", "cp949", "cp932", "euc_jp"}
)  # as w3lib names what is declared
_LATIN = frozenset({"cp1252", "iso8859-1", "iso8859-15", "latin-1"})
_ON_THE_WEB = [*(f"cp125{last}" for last in (2, 0, 1, 3, 4, 5, 6, 7, 8)), "koi8_r", "iso8859_2"]
"""What pages of smaller alphabets are written in; more to choose from are more to be taken for."""
_SHIFTING = ("iso2022", "hz", "utf-16", "utf-32")


def page_text(body: bytes, content_type: str | None = None) -> str:
    r"""Give the page as text: by BOM, header or `<meta>`, and by its bytes where those lie or say nothing.

    >>> page_text('<meta charset="gb2312"><h1>朱镕基</h1>'.encode("gbk"))
    '<meta charset="gb2312"><h1>朱镕基</h1>'
    """
    return decoded_page(body, content_type)[0]


def decoded_page(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    r"""Give the page as text, and the encoding that it was read by.

    >>> decoded_page('<meta charset="gb2312"><h1>朱镕基</h1>'.encode("gbk"))[1]
    'gb18030'
    """
    declared = http_content_type_encoding(content_type) or _said_inside(body)
    try:
        utf8 = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    else:
        if declared is None or not _is_chance(utf8, declared):
            return utf8, "utf-8"
    encoding, text = html_to_unicode(content_type, body)
    if encoding in _LATIN and is_no_latin(body):  # which reads any bytes at all without an error
        inside, said = html_to_unicode(None, body)
        if inside not in _LATIN and _DAMAGE not in said:
            return str(said), inside
        return east_asian(body) or (str(text), encoding)
    if _DAMAGE not in text:
        return str(text), encoding
    if (plain := east_asian(body)) is not None:
        return plain
    candidates = [(str(text), encoding)]
    inside, text = html_to_unicode(None, body)
    candidates.append((str(text), inside))
    best = charset_normalizer.from_bytes(body, cp_isolation=_ON_THE_WEB).best()
    if best is not None:
        candidates.append((str(best), best.encoding))
    candidates.append((body.decode("gb18030", errors="replace"), "gb18030"))
    return min(candidates, key=lambda candidate: candidate[0].count(_DAMAGE))


def _said_inside(body: bytes) -> str | None:
    """Give the encoding that the page itself declares; that it could be read rules UTF-16 and 32 out."""
    said = html_body_declared_encoding(body)
    return None if said is None or said.startswith(("utf-16", "utf-32")) else str(said)


def _is_chance(text: str, declared: str) -> bool:
    """Say whether bytes that are valid UTF-8 are more likely what the page declares.

    元 in GBK is Ԫ in UTF-8, two bytes each; but real text of those languages has UTF-8 characters of three. And the
    encodings that shift between alphabets are ASCII on the wire.
    """
    if declared.startswith(_SHIFTING):
        return True
    return declared in _TWO_BYTES and not text.isascii() and max(text) < "\u0800"
