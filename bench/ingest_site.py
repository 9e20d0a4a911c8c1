"""What the races over HTTP share: a site of ready bodies in a process of its own, and a run of a contestant."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


@contextmanager
def site(bench: str) -> Iterator[str]:
    """Give the address of the site that this bench's `serve()` keeps up, in a process of its own."""
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import {bench}; {bench}.serve()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def serve_bodies(bodies: Mapping[str, bytes], content_type: bytes) -> None:
    """Serve bodies by their paths as fast as one thread can, from memory; prints the address, and does not return."""

    async def answer(reader, writer) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = bodies.get(head.split(b" ", 2)[1].decode(), b"")
                status = b"200 OK" if body else b"404 Not Found"
                writer.write(
                    b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b"
                    % (status, content_type, len(body), body)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()

    asyncio.run(run())


def run_once(python: str, script: str, contestant: str, url: str) -> dict:
    """Give what a contestant's process prints of itself last, or its error."""
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(
            [python, str(HERE / script), contestant, url, out],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    if done.returncode != 0:
        return {"error": (done.stderr.strip() or "killed").splitlines()[-1][:200]}
    return json.loads(done.stdout.strip().splitlines()[-1])
