"""A machine with numpy and pyarrow and nothing else: a real environment of its own, a folder, and an S3."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

import dq
from dq.release import Release
from dq.training import Loader
from tests.dq.training.releases import release, table
from tests.s3_server import BUCKET, KEY, SECRET, serving

NEEDED = ("numpy", "numpy.libs", "pyarrow", "pyarrow.libs")
TRAINER = """
import importlib.metadata, json, sys
from dq.release import open_release
from dq.training import Loader
release = open_release(sys.argv[1])
ids, texts = [], 0
loader = Loader(release, "train", 64, columns=["id", "x", "count", "text", "tokens", "seen", "label"], matrix=True)
for batch in loader:
    ids += batch["id"].tolist()
    texts += sum(text is not None for text in batch["text"])
release.verify()
known = sorted({name.partition(".")[0] for name, one in sys.modules.items()
                if "site-packages" in str(getattr(one, "__file__", ""))})
print(json.dumps({"ids": ids, "texts": texts, "known": known, "state": loader.state_dict()}))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release(tmp_path_factory.mktemp("releases"), table(2_000))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with what the installed numpy and pyarrow brought, and dq, and not even pip."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for name in NEEDED:
        there = Path(sysconfig.get_path("purelib")) / name
        if there.exists():
            (packages / name).symlink_to(there)
    (packages / "dq").symlink_to(Path(dq.__file__).parent)
    return folder / "bin" / "python"


def train(bare: Path, home: Path, address: str, **more: str) -> dict[str, object]:
    """Read an epoch there, from a working directory and an environment with nothing in them."""
    home.mkdir()
    done = subprocess.run(  # noqa: S603 - our own words
        [bare, "-c", TRAINER, address],
        cwd=home,
        env={"DQ_HOME": str(home), "PATH": os.defpath, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_folder_is_read_with_numpy_and_pyarrow_alone(bare: Path, made: Release, tmp_path: Path) -> None:
    """Numbers, nulls, text, lists and dates of a copied folder, in the order that they have here."""
    found = train(bare, tmp_path / "node", str(made.path))
    here = Loader(made, "train", 64, columns=["id", "text"])
    batches = list(here)
    assert found["ids"] == [number for batch in batches for number in batch["id"].tolist()]
    assert found["texts"] == sum(text is not None for batch in batches for text in batch["text"])
    assert found["known"] == ["dq", "numpy", "pyarrow"]
    assert found["state"] == here.state_dict()


def test_an_s3_is_read_with_numpy_and_pyarrow_alone(bare: Path, made: Release, tmp_path: Path) -> None:
    """Keys and endpoint from the environment; manifest and files are all that is asked for."""
    with serving() as server:
        server.objects |= {
            f"sets/numbers/v1/{path.relative_to(made.path).as_posix()}": path.read_bytes()
            for path in made.path.rglob("*")
            if path.is_file()
        }
        access = {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
        }
        found = train(bare, tmp_path / "node", f"s3://{BUCKET}/sets/numbers/v1", **access)
        asked = {path.rpartition("/")[2] for path in server.log}
    here = Loader(made, "train", 64, columns=["id"])
    assert found["ids"] == [number for batch in here for number in batch["id"].tolist()]
    assert found["known"] == ["dq", "numpy", "pyarrow"]
    assert asked == {"manifest.json", "train-00000.parquet", "test-00000.parquet"}
