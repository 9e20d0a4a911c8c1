"""What a file that was taken for delimited text really is, by how it begins."""

from __future__ import annotations

_BEGINNINGS = (
    (b"PK\x03\x04", "a zip or an Excel workbook", "take Excel(), or Archive for what is in a zip"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "take Excel()"),
    (b"\x1f\x8b", "compressed by gzip", "take Packed(Delimited(…))"),
    (b"BZh", "compressed by bzip2", "take Packed(Delimited(…))"),
    (b"\xfd7zXZ\x00", "compressed by xz", "take Packed(Delimited(…))"),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard", "take Packed(Delimited(…))"),
    (b"PAR1", "Parquet", "take ParquetFile()"),
    (b"ARROW1", "an Arrow file", "take ArrowFile()"),
    (b"SQLite format 3\0", "an SQLite database", 'take SqliteFile(table="…")'),
    (b"%PDF", "a PDF", "ask for the data as a table"),
)
_PAGES = (b"<!doctype html", b"<html")


def other_format(start: bytes) -> tuple[str, str] | None:
    r"""Say what a file is that begins with these bytes, and what to do; null where it may be delimited text.

    >>> other_format(b"PAR1\x15\x04")
    ('Parquet', 'take ParquetFile()')
    >>> other_format(b"\n<!DOCTYPE html><title>403")
    ('an HTML page', 'is it what a server says instead of the data? open it')
    """
    for mark, what, hint in _BEGINNINGS:
        if start.startswith(mark):
            return what, hint
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return "an HTML page", "is it what a server says instead of the data? open it"
    return None
