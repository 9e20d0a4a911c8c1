"""The peers of bench/loader.py: how each is told to read the same rows, in its documented way."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np

BATCH = 1024
WIDTH = 32
FEATURES = [f"x{index:02d}" for index in range(WIDTH)]


class Again(Exception):  # noqa: N818
    """The format was made just now: measure in a process that has not made it."""


def files(data: Path, kind: str) -> list[str]:
    return sorted(str(path) for path in (data / kind / "v1" / "data").glob("*.parquet"))


def columns(kind: str) -> list[str]:
    return [*(FEATURES if kind == "table" else ["text"]), "label"]


def some(data: Path, kind: str):
    """Give the first rows as one Arrow table: what is written to the formats that peers need."""
    import pyarrow.dataset

    table = pyarrow.dataset.dataset(files(data, kind)).head(
        int(os.environ["BENCH_PEER_ROWS"]), columns=columns(kind)
    )
    return table.combine_chunks()


def rows_of(data: Path, kind: str):
    """Give rows as Python objects: a float32 array or a text, and a label."""
    table = some(data, kind)
    labels = table["label"].to_pylist()
    if kind == "table":
        return zip(np.stack([table[name].to_numpy() for name in FEATURES], 1), labels, strict=True)
    return zip(table["text"].to_pylist(), labels, strict=True)


# Readers without a shuffle ------------------------------------------------------------------------


def pyarrow_scan(data: Path, kind: str):
    import pyarrow.dataset

    for batch in pyarrow.dataset.dataset(files(data, kind)).to_batches(
        columns=columns(kind), use_threads=False
    ):
        yield {"label": batch["label"]}


def polars_scan(data: Path, kind: str):
    import polars as pl
    import torch

    for frame in (
        pl.scan_parquet(files(data, kind)).select(columns(kind)).collect_batches(chunk_size=BATCH * 16)
    ):
        if kind == "table":
            torch.from_numpy(frame.select(FEATURES).to_numpy(order="c"))
        else:
            frame["text"].to_list()
        yield {"label": frame["label"].to_numpy()}


def duckdb_scan(data: Path, kind: str):
    import duckdb

    names = ", ".join(columns(kind))
    connection = duckdb.connect(config={"threads": 1})
    reader = connection.sql(f"select {names} from read_parquet({files(data, kind)})").to_arrow_reader(
        BATCH * 16
    )
    for batch in reader:
        if kind == "table":
            np.stack([batch[name].to_numpy() for name in FEATURES], 1)
        else:
            batch["text"].to_pylist()
        yield {"label": batch["label"]}


def lance_scan(data: Path, kind: str):
    import lance

    path = data / f"{kind}.lance"
    if not path.exists():
        lance.write_dataset(some(data, kind), str(path))
        raise Again
    for batch in lance.dataset(str(path)).to_batches(batch_size=BATCH, columns=columns(kind)):
        if kind == "table":
            np.stack([batch[name].to_numpy() for name in FEATURES], 1)
        else:
            batch["text"].to_pylist()
        yield {"label": batch["label"]}


# Shuffling loaders --------------------------------------------------------------------------------


def torch_tensors(data: Path, *, at_once: bool, workers: int):
    """torch's DataLoader over tensors in memory: row by row as documented, or a batch by a tensor of its indices."""
    import torch
    from torch.utils.data import DataLoader, Dataset, TensorDataset

    features = torch.from_numpy(np.load(data / "features.npy"))
    labels = torch.from_numpy(np.load(data / "labels.npy"))
    if not at_once:
        return DataLoader(
            TensorDataset(features, labels), batch_size=BATCH, shuffle=True, num_workers=workers
        )

    class Fetching(Dataset):
        def __getitem__(self, rows):
            return features[rows], labels[rows]

    batches = torch.randperm(len(labels)).split(BATCH)
    return DataLoader(Fetching(), sampler=batches, batch_size=None, num_workers=workers)


def hugging_face(data: Path, kind: str, *, how: str):
    os.environ["HF_HUB_OFFLINE"] = "1"
    from datasets import load_dataset

    cache = str(data / "hf")
    whole = load_dataset(
        "parquet", data_files=files(data, kind), split="train", cache_dir=cache, streaming=how == "stream"
    )
    whole = whole.select_columns(columns(kind))
    if how == "stream":
        shuffled = whole.shuffle(seed=0, buffer_size=10_000)
        return shuffled.with_format("numpy").batch(BATCH) if kind == "table" else shuffled.batch(BATCH)
    shuffled = whole.shuffle(seed=0).with_format("numpy" if kind == "table" else None)
    return (
        shuffled.iter(batch_size=BATCH)
        if how == "batched"
        else ({"label": [row["label"]]} for row in shuffled)
    )


def mosaicml(data: Path, kind: str, *, workers: int):
    from streaming import MDSWriter, StreamingDataset
    from torch.utils.data import DataLoader

    path = data / f"{kind}.mds"
    if not path.exists():
        types = {"x": "ndarray:float32:32" if kind == "table" else "str", "label": "int"}
        with MDSWriter(out=str(path), columns=types) as writer:
            for value, label in rows_of(data, kind):
                writer.write({"x": value, "label": label})
        raise Again
    dataset = StreamingDataset(local=str(path), shuffle=True, batch_size=BATCH)
    return ({"label": batch["label"]} for batch in DataLoader(dataset, batch_size=BATCH, num_workers=workers))


def web_dataset(data: Path, kind: str):
    import webdataset

    path = data / f"{kind}.tar"
    if not path.exists():
        with webdataset.TarWriter(str(path)) as writer:
            for index, (value, label) in enumerate(rows_of(data, kind)):
                body = {"npy": value} if kind == "table" else {"txt": value}
                writer.write({"__key__": f"{index:09d}", "cls": label, **body})
        raise Again
    stored = webdataset.WebDataset(str(path), shardshuffle=False).shuffle(10_000).decode()
    return (batch[1] for batch in stored.to_tuple("npy" if kind == "table" else "txt", "cls").batched(BATCH))


def litdata(data: Path, kind: str):
    import litdata as lit

    path = data / f"{kind}.lit"
    if not path.exists():
        shutil.rmtree(f"{path}.making", ignore_errors=True)
        writer = lit.streaming.writer.BinaryWriter(f"{path}.making", chunk_bytes="64MB")
        for index, (value, label) in enumerate(rows_of(data, kind)):
            writer.add_item(index, {"x": value, "label": label})
        writer.done()
        writer.merge()
        Path(f"{path}.making").rename(path)
        raise Again
    dataset = lit.StreamingDataset(str(path), shuffle=True)
    return ({"label": batch["label"]} for batch in lit.StreamingDataLoader(dataset, batch_size=BATCH))


def _common(kind: str) -> dict:
    return {
        "unshuffled: pyarrow scan, decoding alone": partial(pyarrow_scan, kind=kind),
        "unshuffled: polars collect_batches": partial(polars_scan, kind=kind),
        "unshuffled: DuckDB reader": partial(duckdb_scan, kind=kind),
        "unshuffled: Lance scan": partial(lance_scan, kind=kind),
        "Hugging Face datasets, shuffled, by batch": partial(hugging_face, kind=kind, how="batched"),
        "Hugging Face datasets, shuffled, by row": partial(hugging_face, kind=kind, how="row"),
        "Hugging Face datasets, streamed, 10,000 buffer": partial(hugging_face, kind=kind, how="stream"),
        "MosaicML Streaming": partial(mosaicml, kind=kind, workers=0),
        "WebDataset, 10,000 buffer": partial(web_dataset, kind=kind),
        "LitData": partial(litdata, kind=kind),
    }


PEERS = {
    "table": {
        "torch DataLoader over tensors": partial(torch_tensors, at_once=False, workers=0),
        "torch DataLoader over tensors, batch at once": partial(torch_tensors, at_once=True, workers=0),
        "torch DataLoader over tensors, the same, 2 workers": partial(torch_tensors, at_once=True, workers=2),
        **_common("table"),
    },
    "text": _common("text"),
    "document": _common("document"),
}
