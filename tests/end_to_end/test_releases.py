"""The training sets: released, passed, loadable, the same wherever they are made."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dq.clean import mask_pii
from dq.release import open_release
from dq.training import Loader
from tests.end_to_end.deployment import Deployment

SETS = {
    "finance": 1_000,
    "finance__phishing": 1_250,
    "finance__trend": 518,
    "medical": 920,
    "medical__barrier": 7_381,
    "social": 40_986,
}
LABELS = {
    "finance": "creditability",
    "finance__phishing": "is_phishing",
    "finance__trend": "purchases",
    "medical": "disease",
    "medical__barrier": "crosses_barrier",
    "social": "label",
}


def manifest_of(deployment: Deployment, dataset: str) -> dict[str, object]:
    text = (deployment.home / "releases" / dataset / "v1" / "manifest.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@pytest.mark.parametrize("dataset", SETS)
def test_each_release_passed_and_is_whole(whole: Deployment, dataset: str) -> None:
    """Version 1 is there with a card, its gate passed with a contract and a leakage check, its files verify."""
    release = open_release(dataset, whole.home / "releases")
    assert (release.version, release.passed) == (1, True)
    release.verify()
    manifest = release.manifest
    assert manifest.label == LABELS[dataset]
    assert {check.name for check in manifest.gate.checks} >= {"contract", "leakage"}
    assert all(check.passed for check in manifest.gate.checks)
    assert sum(manifest.splits.values()) == SETS[dataset]
    assert set(manifest.splits) == {"train", "validation", "test"}
    assert {source.name for source in manifest.sources} > set()
    assert all(source.licence != "unknown" and source.landings > 0 for source in manifest.sources)
    assert LABELS[dataset] in (release.path / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("dataset", SETS)
def test_table_and_release_hold_the_same_rows(whole: Deployment, dataset: str) -> None:
    """training.<dataset> and the release's files have the same rows in the same splits."""
    release = open_release(dataset, whole.home / "releases")
    key = release.manifest.key
    files = [str(release.path / file.path) for file in release.manifest.files]
    columns = ", ".join(f'"{column.name}"' for column in release.manifest.columns)
    table, there = f"select {columns} from training.{dataset}", f"select {columns} from read_parquet({files})"
    assert whole.one(f"select count(*) from ({table} except {there})") == 0
    assert whole.one(f"select count(*) from ({there} except {table})") == 0
    assert whole.one(f"select count(distinct {key}) from training.{dataset}") == SETS[dataset]
    assert whole.ask(f"select distinct _release from training.{dataset}").item() == f"{dataset}@v1"


def test_releases_are_noted(whole: Deployment) -> None:
    """quality.releases has a row each with the hash that the manifest states."""
    noted = {row["dataset"]: row for row in whole.ask("from quality.releases").iter_rows(named=True)}
    assert set(noted) == set(SETS)
    for dataset, row in noted.items():
        assert row["passed"]
        assert row["reasons"] == ""
        assert row["content_hash"] == manifest_of(whole, dataset)["content_hash"]
        assert Path(row["path"]) == whole.home / "releases" / dataset / "v1"


@pytest.mark.parametrize("dataset", SETS)
def test_every_row_is_read_once_by_ranks_together(whole: Deployment, dataset: str) -> None:
    """Two ranks, and three, together give each training row once an epoch, as numpy arrays."""
    release = open_release(dataset, whole.home / "releases")
    key, label = release.manifest.key, release.manifest.label
    assert label is not None
    expected = Counter(
        whole.ask(f"select {key} from training.{dataset} where split = 'train'").to_series().to_list()
    )
    for world in (2, 3):
        seen: Counter[object] = Counter()
        for rank in range(world):
            for batch in Loader(release, "train", 256, columns=(key, label), rank=rank, world_size=world):
                assert isinstance(batch[key], np.ndarray)
                assert len(batch[key]) == len(batch[label]) <= 256
                seen.update(batch[key].tolist())
        assert seen == expected


def test_copies_never_leak_between_splits(whole: Deployment) -> None:
    """Equal texts never stand in two splits, and each split has about the share that was asked for."""
    crossing = "select text from training.social group by text having count(distinct split) > 1"
    assert whole.ask(crossing).is_empty()
    for dataset, rows in SETS.items():
        shares = whole.ask(f"select split, count(*) / {rows} from training.{dataset} group by 1")
        for split, share in shares.iter_rows():
            assert share == pytest.approx({"train": 0.8}.get(split, 0.1), abs=0.05), (dataset, split)


def test_nobody_can_be_called(whole: Deployment) -> None:
    """Phone numbers and mail addresses in the published reviews are masked and counted; none is left in the release."""
    masked = whole.ask("""select rule, cells from quality.repairs
        where table_name = 'core.social__reviews_zh' and rule like 'pii_%'""")
    assert dict(masked.iter_rows()) == {"pii_email:text": 9, "pii_phone:text": 26}
    texts = whole.ask("select text from training.social where language = 'zh'")
    assert texts["text"].str.contains("<phone>|<email>").sum() == 14
    again = mask_pii(texts.lazy(), "text").collect()
    assert again["text"].equals(texts["text"])


@pytest.mark.parametrize("dataset", SETS)
def test_torch_reads_each_release(whole: Deployment, dataset: str) -> None:
    """Through torch's own DataLoader, with and without workers, every row of a split comes once."""
    torch = pytest.importorskip("torch", reason="torch is not installed; CI installs it")
    from dq.training.torch import TorchLoader

    release = open_release(dataset, whole.home / "releases")
    key = release.manifest.key
    for workers in (0, 2):
        seen: Counter[object] = Counter()
        for batch in TorchLoader(Loader(release, "test", 64, columns=(key,)), num_workers=workers):
            values = batch[key]
            seen.update(values.tolist() if isinstance(values, torch.Tensor) else values)
        assert set(seen.values()) == {1}
        assert sum(seen.values()) == release.manifest.splits["test"]


def test_the_same_data_makes_the_same_release_anywhere(whole: Deployment, elsewhere: Deployment) -> None:
    """Content hash and every file are the same in another folder, from another port, zone, language, thread count."""
    here, there = manifest_of(whole, "finance"), manifest_of(elsewhere, "finance")
    assert here["content_hash"] == there["content_hash"]
    assert here["files"] == there["files"]
    for file in (whole.home / "releases/finance/v1/data").iterdir():
        twin = elsewhere.home / "releases/finance/v1/data" / file.name
        assert hashlib.sha256(twin.read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()


def test_running_one_domain_makes_that_domain_alone(elsewhere: Deployment) -> None:
    """`run finance` leaves no table of another domain."""
    tables = elsewhere.ask("select table_name from quality.ledger")["table_name"]
    assert tables.str.contains("finance").all()
    assert tables.n_unique() == 12


def test_a_release_is_made_and_traced_by_hand(elsewhere: Deployment) -> None:
    """`dq release --force` makes version 2 of the same rows; `dq trace` leads from version 1 to page and API alike."""
    made = elsewhere.dq("release", "finance", "--force", "--json")
    assert made.code == 0, made.err
    told = json.loads(made.out)
    assert (told["release"], told["passed"]) == ("finance@v2", True)
    assert told["content_hash"] == manifest_of(elsewhere, "finance")["content_hash"]
    traced = elsewhere.dq("trace", "finance@1", "--row", "1", "--json")
    assert traced.code == 0, traced.err
    row = json.loads(traced.out)
    assert {one["source"] for one in row["members"]} == {"finance__applicant_api", "finance__applicant_pages"}
    assert all(one["url"].startswith(elsewhere.site) and one["as_read"] for one in row["members"])
    assert elsewhere.dq("release", "nothing").code == 2
