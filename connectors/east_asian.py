"""Bytes of a page that lies of its encoding: which East Asian one makes plain text of them.

Any of these encodings reads most of the others' bytes without an error, but as rare characters. Each standard puts its
common characters first, in a level of their own; so the right encoding is the one whose text is made of these.
"""

from __future__ import annotations

import charset_normalizer

_LEVELS = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5hkscs": ("big5", 0xA4, 0xC6),
    "cp932": ("shift_jis", 0x88, 0x98),
    "euc_jp": ("shift_jis", 0x88, 0x98),
    "cp949": ("euc_kr", 0xB0, 0xC8),
}
"""Of each encoding: the standard that it widens, and the first bytes of that standard's common characters."""
_ENOUGH = 0.85
_ALIKE = 0.05
_SAMPLE = 4_000
_RUN = 4


def east_asian(body: bytes) -> tuple[str, str] | None:
    """Give the text and the encoding that it was read by, null where none makes plain text of it.

    >>> east_asian("台灣的網頁".encode("big5"))
    ('台灣的網頁', 'big5hkscs')
    """
    texts = {encoding: text for encoding in _LEVELS if (text := _read(body, encoding))}
    shares = {encoding: _share(text, encoding) for encoding, text in texts.items()}
    most = max(shares.values(), default=0.0)
    if most < _ENOUGH:
        return None
    best, *others = [encoding for encoding, share in shares.items() if share > most - _ALIKE]
    if (
        others
    ):  # three of them put their levels in the same places; how often which letter comes tells them apart
        likely = charset_normalizer.from_bytes(body, cp_isolation=[best, *others]).best()
        best = best if likely is None or likely.encoding not in texts else likely.encoding
    return texts[best], best


def is_no_latin(body: bytes) -> bool:
    """Say whether bytes that claim to be of a Latin alphabet are not: most letters beyond ASCII stand in long rows.

    >>> is_no_latin("déjà vu à l'été".encode("cp1252")), is_no_latin("网页的编码".encode("gbk"))
    (False, True)
    """
    runs = [len(run) for run in bytes(byte if byte > 127 else 32 for byte in body[: 1 << 16]).split()]
    return sum(run for run in runs if run >= _RUN) > sum(runs) / 2


def _read(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _share(text: str, encoding: str) -> float:
    """Give the share of characters beyond ASCII that are common ones."""
    found = [letter for letter in text if not letter.isascii()][:_SAMPLE]
    return sum(_is_common(letter, *_LEVELS[encoding]) for letter in found) / max(len(found), 1)


def _is_common(letter: str, standard: str, first: int, last: int) -> bool:
    if "\u3000" <= letter <= "\u30ff" or "\uff01" <= letter <= "\uff5e" or "\u2010" <= letter <= "\u2026":
        return True  # kana, and the marks and wide letters that all of them have
    try:
        return first <= letter.encode(standard)[0] <= last
    except UnicodeEncodeError:
        return False
