"""Serves the sample site while a command runs: `python -m samples.during -- COMMAND …`."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from samples.error import SampleError
from samples.home import sample_root
from samples.site import DEFAULT_URL, address, already_there, serving


def during(command: Sequence[str]) -> int:
    """Run `command` with the site up and give its exit code; a site that is up already is used and left up.

    With `DQ_SAMPLE_SITE` on another machine nothing is served here.
    """
    url = os.environ.get("DQ_SAMPLE_SITE", DEFAULT_URL)
    host, port = address(url, None, None)
    site = (
        nullcontext(url)
        if already_there(host, port)
        else serving(sample_root(os.environ), host=host, port=port)
    )
    with site:
        process = subprocess.Popen(list(command))  # noqa: S603 - the caller's own command
        for number in (signal.SIGINT, signal.SIGTERM):
            # Ctrl-C reaches the command by itself; the site stays until the command has tidied up.
            signal.signal(
                number, lambda received, _: None if received == signal.SIGINT else process.terminate()
            )
        return process.wait()


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        sys.exit("usage: python -m samples.during -- COMMAND …")
    try:
        sys.exit(during(words))
    except SampleError as error:
        sys.exit(str(error))
