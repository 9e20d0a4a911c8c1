"""A deployment in trouble: broken bits first, then nothing but trouble, then all is mended."""

import socket
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copy2

from tests.end_to_end.deployment import Deployment, Ended
from tests.end_to_end.faulty_site import faulty_site

PAGE = "/finance/applicants/page-037.html"
BROKEN = {
    # line of the file: what stands there now, and the rule that it breaks
    11: (b"00004,19970101,2", "csv:field_count"),
    5_001: (b'00210,"19970112,1,12.00', "csv:quote"),
    69_001: (b"0230\xff9,19970318,1,9.99", "csv:encoding"),
}


@dataclass(frozen=True)
class Trouble:
    """What was seen in the three acts; `lines` are the broken file's, `down` the address where no site was."""

    deployment: Deployment
    first: Ended
    lines: list[bytes]
    after_first: dict[str, int]
    second: Ended
    after_second: dict[str, int]
    third: Ended
    refused: list[dict[str, object]]
    down: str


def get_into_trouble(given: Deployment, samples: Path) -> Trouble:
    """Run finance three times: with broken bits, with the site down and a bad delivery, and mended."""
    files = given.home / "files"
    cdnow = files / "finance" / "cdnow.csv"
    cdnow.parent.mkdir(parents=True)
    copy2(samples / "files" / "finance" / "phishing.csv", cdnow.parent)  # a file that gives no trouble
    whole_file = (samples / "files" / "finance" / "cdnow.csv").read_bytes()
    lines = whole_file.split(b"\n")
    broken = [BROKEN[n][0] if n in BROKEN else line for n, line in enumerate(lines, 1)]
    with faulty_site(samples) as (url, faults):
        deployment = replace(given, files=files, site=url)
        faults[PAGE] = lambda body: body.replace(b"data-field=", b"data-was=")
        cdnow.write_bytes(b"\n".join(broken))
        first = deployment.run("finance")
        after_first = counts(deployment)

        bad = [line + b"0000-" for line in lines[1:40_000]]
        cdnow.write_bytes(b"\n".join([lines[0], *bad, *lines[40_000:]]))
        down = f"http://127.0.0.1:{closed_port()}"
        second = replace(deployment, site=down).run("finance")
        after_second = counts(deployment)
        refused = deployment.ask("from quarantine.core__finance__cdnow__refused limit 3").to_dicts()

        faults.clear()
        cdnow.write_bytes(whole_file)
        third = deployment.run("finance")
    return Trouble(deployment, first, broken, after_first, second, after_second, third, refused, down)


def counts(deployment: Deployment) -> dict[str, int]:
    tables = [
        *(f"core.finance__{name}" for name in ("applicant_api", "applicant_pages", "cdnow")),
        *("core.finance", "training.finance", "quality.releases", "quality.conflicts"),
    ]
    return {table: deployment.one(f"select count(*) from {table}") for table in tables}  # type: ignore[misc]


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
