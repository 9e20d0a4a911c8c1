"""Where a page leads: its links, as its own `<base>` and encoding have them, and where it sends its reader on."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser
from w3lib.url import safe_url_string

from connectors.address import join

_REFRESH = re.compile(r"""^\s*\d+(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?["']?([^"'\s][^"']*)""", re.IGNORECASE)


def links(tree: LexborHTMLParser, selector: str, url: str, encoding: str = "utf-8") -> list[str]:
    """Give the http(s) address of every element with a href that the selector finds, in the page's order.

    The query of a link is sent in the encoding of its page, as browsers do; a page in GBK asks for GBK.

    >>> page = LexborHTMLParser('<base href="/b/"><a href="c?q=\u4e2d">x</a><a href="mailto:a@b.c">y</a>')
    >>> links(page, "a", "http://h/a", "gbk")
    ['http://h/b/c?q=%D6%D0']
    """
    base = _base(tree, url)
    found = (node.attributes.get("href") for node in tree.css(selector))
    joined = (join(base, href.strip()) for href in found if href)
    return [one if one.isascii() else _encoded(one, encoding) for one in joined if one is not None]


def sent_on(tree: LexborHTMLParser, url: str) -> str | None:
    """Give the address that a `<meta http-equiv="refresh">` leads to, null where there is none.

    >>> sent_on(LexborHTMLParser('<meta http-equiv="Refresh" content="0; URL=/new">'), "http://h/old")
    'http://h/new'
    """
    for node in tree.css("meta[http-equiv][content]"):
        if (node.attributes.get("http-equiv") or "").lower() == "refresh":
            found = _REFRESH.match(node.attributes.get("content") or "")
            return None if found is None else join(_base(tree, url), found[1].strip())
    return None


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return url if node is None else join(url, (node.attributes.get("href") or "").strip()) or url


def _encoded(url: str, encoding: str) -> str:
    encoding = "utf-8" if encoding.lower().startswith("utf") else encoding
    try:
        return str(safe_url_string(url, encoding=encoding))
    except (LookupError, UnicodeError):  # no codec of that name, or no such letter in it
        return str(safe_url_string(url))
