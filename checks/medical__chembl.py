"""Contract of the approved drugs of ChEMBL."""

from __future__ import annotations

import pandera.polars as pa


class ApprovedDrug(pa.DataFrameModel):
    """Approved drugs, one row per substance; a salt is a substance of its own."""

    chembl_id: str = pa.Field(
        unique=True, str_matches=r"^CHEMBL[0-9]+$", description="ChEMBL's number of the substance"
    )
    name: str = pa.Field(str_length={"min_value": 1}, description="preferred name, in capitals")
    molecule_type: str = pa.Field(eq="Small molecule", description="kind of substance")
    smiles: str = pa.Field(str_length={"min_value": 1}, description="structure, SMILES")
    approved_year: int = pa.Field(
        in_range={"min_value": 1800, "max_value": 2100}, description="year of the first approval anywhere"
    )

    class Config:
        """The table it is for."""

        name = "core.medical__chembl"
