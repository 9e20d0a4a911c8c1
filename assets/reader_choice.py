"""Which reader a file needs: by its name's ending, and by how it begins."""

from __future__ import annotations

import io
import lzma
import zlib
from pathlib import PurePosixPath

import zstandard

from assets.api_guess import guessed
from assets.json_start import json_start
from connectors.arrow_file import ArrowFile
from connectors.decompress import decompressed
from connectors.delimited import Delimited
from connectors.excel import Excel
from connectors.images import Images
from connectors.json_file import JsonFile
from connectors.libsvm import LibSvm
from connectors.lines import coding_of
from connectors.packed import Packed
from connectors.parquet_file import ParquetFile
from connectors.reader import Reader
from dq.dialect import delimiter_of
from dq.sample import START

_PACKED = (".gz", ".xz", ".bz2", ".zst")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
_BY_ENDING: dict[str, Reader] = {
    ".ndjson": JsonFile(lines=True),
    ".jsonl": JsonFile(lines=True),
    ".parquet": ParquetFile(),
    ".pq": ParquetFile(),
    ".arrow": ArrowFile(),
    ".feather": ArrowFile(),
    ".libsvm": LibSvm(),
    ".svm": LibSvm(),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), Excel()),
    **dict.fromkeys(_PICTURES, Images()),
}
READERS = (".csv", ".tsv", ".tab", ".txt", ".json", *_PACKED, *_BY_ENDING)


def reader_of(glob: str, start: bytes) -> Reader:
    """Choose a reader by the name's ending, and by how the first file begins where that does not say all."""
    path = PurePosixPath(glob)
    suffix = path.suffix.lower()
    if suffix in _PACKED:
        return Packed(reader_of(path.stem, _unpacked(start)))
    if suffix == ".json":
        document = json_start(start)
        return JsonFile(items=str(guessed(document, {})["items"]) if document is not None else "")
    return _BY_ENDING.get(suffix) or delimited_by(start)


def delimited_by(start: bytes) -> Delimited:
    """Find out delimiter and encoding by how the first file begins."""
    whole = start[: start.rfind(b"\n") + 1] if len(start) == START else start
    coding = coding_of(io.BytesIO(whole), None, "")
    several = len(coding.encodings) > 1
    encoding = (
        "utf-8" if coding.mark else None if several else coding.encodings[0]
    )  # a mark speaks for itself
    return Delimited(delimiter=delimiter_of(whole.decode(coding.encodings[0], "replace")), encoding=encoding)


def _unpacked(start: bytes) -> bytes:
    """Give how a compressed file begins inside, as far as its own beginning tells."""
    found = b""
    try:
        for piece in decompressed(io.BytesIO(start), 16 * START):
            found += piece
            if len(found) >= START:
                break
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zstandard.ZstdError):
        return found[:START]  # it is cut off, as it must be
    return found[:START]
