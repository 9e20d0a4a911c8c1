"""Contract of the blood-brain-barrier training set."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl


class TrainingBarrier(pa.DataFrameModel):
    """Molecules with label `crosses_barrier`; those of one skeleton have one label and are in one split."""

    molecule: int = pa.Field(unique=True, ge=1, description="number in the database")
    smiles: str = pa.Field(str_length={"min_value": 1}, description="structure, SMILES")
    skeleton: str = pa.Field(
        str_length={"min_value": 1}, description="atoms and bonds, stereochemistry aside"
    )
    crosses_barrier: bool = pa.Field(description="crosses the blood-brain barrier: the label")
    split: str = pa.Field(
        isin=("train", "validation", "test"), description="split, by a stable hash of the skeleton"
    )

    @pa.dataframe_check(name="one_label_per_skeleton")
    def one_label_per_skeleton(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether all molecules of a skeleton carry the same label."""
        return data.lazyframe.select(pl.col("crosses_barrier").n_unique().over("skeleton") == 1)

    class Config:
        """A model that reads no stereochemistry cannot learn from a skeleton with both labels: they stay out."""

        name = "training.medical__barrier"
        metadata = {  # noqa: RUF012
            "dq": {"rules": {"one_label_per_skeleton": {"dimension": "consistency", "on_fail": "quarantine"}}}
        }
