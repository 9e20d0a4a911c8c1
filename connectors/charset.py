"""Bytes of a page → text, right also where header, page and bytes disagree; parsers get text only.

Given bytes, a page that declares gb2312 and holds a character of GBK is silently cut by one parser and loses
its title in the other. So the bytes are decoded here, by the widest encoding of the family that they declare.
"""

from __future__ import annotations

import charset_normalizer
from w3lib.encoding import html_to_unicode

_DAMAGE = "\ufffd"


def page_text(body: bytes, content_type: str | None = None) -> str:
    r"""Give the page as text: by BOM, header or `<meta>`, and by its bytes where those lie or say nothing.

    >>> page_text('<meta charset="gb2312"><h1>朱镕基</h1>'.encode("gbk"))
    '<meta charset="gb2312"><h1>朱镕基</h1>'
    """
    declared = bool(content_type and "charset" in content_type.lower())
    try:
        text = body.decode("utf-8")  # text in another encoding is almost never valid UTF-8 by chance
    except UnicodeDecodeError:
        pass
    else:
        if not declared or body.isascii() or not text.isascii():
            return text.removeprefix("\ufeff")
    _, text = html_to_unicode(content_type, body)
    if _DAMAGE not in text:
        return str(text)
    candidates = [str(text)]
    if declared:
        candidates.append(str(html_to_unicode(None, body)[1]))
    best = charset_normalizer.from_bytes(body).best()
    if best is not None:
        candidates.append(str(best))
    candidates.append(body.decode("gb18030", errors="replace"))
    return min(candidates, key=lambda candidate: candidate.count(_DAMAGE))
