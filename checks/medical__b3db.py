"""Contract of the molecules of the blood-brain-barrier database."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl


class Molecule(pa.DataFrameModel):
    """Molecules and whether they cross the blood-brain barrier, one row per molecule."""

    molecule: int = pa.Field(unique=True, ge=1, description="number in the database")
    name: str = pa.Field(nullable=True, description="name of the compound")
    smiles: str = pa.Field(str_length={"min_value": 1}, description="structure, SMILES")
    inchi: str = pa.Field(str_startswith="InChI=1", description="structure, InChI")
    pubchem_cid: int = pa.Field(nullable=True, ge=1, description="PubChem's number of the compound")
    log_bb: float = pa.Field(
        nullable=True,
        in_range={"min_value": -5, "max_value": 5},
        description="log10 of the concentration in the brain over that in the blood",
    )
    crosses_barrier: bool = pa.Field(description="crosses the blood-brain barrier: the label")

    @pa.dataframe_check(name="one_label_per_skeleton")
    def one_label_per_skeleton(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Say whether all molecules of the same atoms and bonds, stereochemistry aside, carry the same label."""
        skeleton = pl.col("inchi").str.extract(r"^InChI=1S?/([^/]*(?:/c[^/]*)?(?:/h[^/]*)?)")
        return data.lazyframe.select(pl.col("crosses_barrier").n_unique().over(skeleton) == 1)

    class Config:
        """Mirror images may truly differ, so a conflict within a skeleton warns."""

        name = "core.medical__b3db"
        metadata = {  # noqa: RUF012
            "dq": {"rules": {"one_label_per_skeleton": {"dimension": "consistency", "on_fail": "warn"}}}
        }
