"""The sample site, but with faults that a test puts into single pages."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from samples.answer import Answer
from samples.content import Content
from samples.site import _Server

Fault = Callable[[bytes], bytes]


class FaultyContent:
    """What the real site says, changed where a path has a fault."""

    def __init__(self, content: Content, faults: dict[str, Fault]) -> None:
        self._content, self._faults = content, faults

    def at(self, path: str) -> Answer:
        answer = self._content.at(path)
        fault = self._faults.get(path)
        return answer if fault is None else replace(answer, body=fault(answer.body))


@contextmanager
def faulty_site(root: Path) -> Iterator[tuple[str, dict[str, Fault]]]:
    """Serve the samples from a free port; give the URL and the faults by path, which may change meanwhile."""
    faults: dict[str, Fault] = {}
    with _Server(root, "127.0.0.1", 0) as server:
        server.content = FaultyContent(server.content, faults)  # type: ignore[assignment]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.url, faults
        finally:
            server.shutdown()
            thread.join()
