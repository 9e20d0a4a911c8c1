"""One contestant's near-duplicates in a process of its own: `python merge_near_run.py <who> <texts.parquet> <out>`.

Writes `clusters.parquet` (`id`, `cluster`; only of texts that repeat another) and prints one JSON object: CPU seconds
over all cores and wall seconds without imports, and the peak memory in MB. All see the same texts, lower case and
letters and digits only, as sets of 5 characters; 128 hashes where a library asks.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

N, PERMUTATIONS, THRESHOLD = 5, 128, 0.8


def shingle_set(text: str) -> set[str]:
    """Give the text's runs of 5 characters."""
    return {text[i : i + N] for i in range(max(1, len(text) - N + 1))}


def clusters(pairs: Iterable[tuple[int, int]], ids: list[str]) -> pl.DataFrame:
    """Tie pairs of places to clusters."""
    root: dict[int, int] = {}

    def find(x: int) -> int:
        while root.setdefault(x, x) != x:
            root[x] = root[root[x]]
            x = root[x]
        return x

    for a, b in pairs:
        one, two = find(a), find(b)
        if one != two:
            root[max(one, two)] = min(one, two)
    return pl.DataFrame(
        {"id": [ids[x] for x in root], "cluster": [ids[find(x)] for x in root]},
        schema={"id": pl.String, "cluster": pl.String},
    )


def ours(rows: pl.DataFrame, _: Path) -> pl.DataFrame:
    """Index, pairs counted exactly, clusters."""
    from dq.dedupe import near_clusters, near_index, near_pairs

    return near_clusters(near_pairs(near_index(rows, "id", "text")))


def datasketch(rows: pl.DataFrame, _: Path) -> pl.DataFrame:
    """MinHash and MinHashLSH, candidates as they are."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    pairs = []
    seed = MinHash(num_perm=PERMUTATIONS)
    for place, text in enumerate(rows["text"]):
        one = seed.copy()
        one.update_batch([s.encode() for s in shingle_set(text)])
        pairs += [(other, place) for other in lsh.query(one)]
        lsh.insert(place, one)
    return clusters(pairs, rows["id"].to_list())


def rensa(rows: pl.DataFrame, _: Path) -> pl.DataFrame:
    """A digest matrix of token sets, an LSH index, candidates by digest similarity."""
    from rensa import RMinHash, RMinHashLSH

    lsh = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=16)
    pairs = []
    for start in range(0, rows.height, 20_000):
        sets = [list(shingle_set(text)) for text in rows["text"].slice(start, 20_000)]
        digests = RMinHash.from_token_sets(sets, PERMUTATIONS, 42)
        lsh.insert_many(digests, start)
        for place, (one, near) in enumerate(zip(digests, lsh.query_all(digests), strict=True), start):
            pairs += [(place, other) for other in near if other != place]
            del one
    return clusters(pairs, rows["id"].to_list())


def datatrove(rows: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Its pipeline of signatures, buckets and clusters; its own shingles are runs of words."""
    import struct

    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    ids = rows["id"].to_list()
    config = MinhashConfig(n_grams=2, num_buckets=14, hashes_per_bucket=8)
    read = lambda: [Document(text=text, id=name) for name, text in zip(ids, rows["text"], strict=True)]  # noqa: E731
    folders = [str(folder / name) for name in ("signatures", "buckets", "clusters")]
    steps = [
        [read(), MinhashDedupSignature(folders[0], config)],
        [MinhashDedupBuckets(folders[0], folders[1], config=config)],
        [MinhashDedupCluster(folders[1], folders[2], config=config, save_cluster_id=True)],
    ]
    for number, step in enumerate(steps):
        tasks = config.num_buckets if number == 1 else 1
        LocalPipelineExecutor(step, tasks=tasks, workers=1, logging_dir=str(folder / f"logs{number}")).run()
    # Cluster ids lie beside the documents to remove: (document, cluster), and each cluster's first stays.
    found = [struct.unpack("<II", part) for part in _parts(folder / "clusters", ".clusters", 8)]
    return pl.DataFrame(
        {"id": [ids[place] for place, _ in found], "cluster": [str(cluster) for _, cluster in found]},
        schema={"id": pl.String, "cluster": pl.String},
    )


def _parts(folder: Path, ending: str, size: int) -> list[bytes]:
    data = b"".join(path.read_bytes() for path in sorted(folder.rglob(f"*{ending}")))
    return [data[at : at + size] for at in range(0, len(data), size)]


CONTESTANTS: dict[str, Callable[[pl.DataFrame, Path], pl.DataFrame]] = {
    "ours": ours,
    "rensa": rensa,
    "datasketch": datasketch,
    "datatrove": datatrove,
}


def main() -> None:
    who, texts, out = sys.argv[1:]
    rows = pl.read_parquet(texts)
    CONTESTANTS[who](rows.head(50), Path(out) / "warm")
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    found = CONTESTANTS[who](rows, Path(out))
    taken = {"wall": time.perf_counter() - wall, "cpu": sum(os.times()[:4]) - cpu}
    found.write_parquet(Path(out) / "clusters.parquet")
    print(json.dumps(taken | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
