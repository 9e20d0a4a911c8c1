"""Words of strangers, and numbers, as a person should see them."""

from __future__ import annotations

from rich.markup import escape

from dq.cli.sql_output import printable

WIDEST = 40


def plain(text: str) -> str:
    """Give text that neither the console nor the terminal obeys: data comes from strangers."""
    return escape(printable(text))


def short(text: str) -> str:
    """Give a text cut to 40 letters; a cut one ends in …."""
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def share(part: float) -> str:
    """Write a share so that only all is 100 %, and only nothing 0 %.

    >>> share(1.0), share(0.99999), share(0.00001)
    ('100%', '99.9%', '<0.1%')
    """
    if 0 < part < 0.001:
        return "<0.1%"
    return f"{int(part * 1000) / 10:g}%"
