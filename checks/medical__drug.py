"""Contract of the substances merged from the blood-brain-barrier database and ChEMBL."""

from __future__ import annotations

import pandera.polars as pa


class Drug(pa.DataFrameModel):
    """One row per substance; the two sources share no number, so that names and atoms say which are the same."""

    substance: str = pa.Field(unique=True, description="the substance: an id made of its first row's content")
    name: str = pa.Field(nullable=True, description="name, in small letters")
    atoms: str = pa.Field(
        str_matches=r"^([A-Z][a-z]?[0-9]+ ?)+$", description="atoms heavier than hydrogen, as C8 N4 O2"
    )
    rings: int = pa.Field(ge=0, description="rings of the structure")
    stereocentres: int = pa.Field(ge=0, description="stereocentres that the structure tells")
    smiles: str = pa.Field(nullable=True, description="structure as B3DB spells it, SMILES")
    chembl_smiles: str = pa.Field(nullable=True, description="structure as ChEMBL spells it, SMILES")
    molecule: int = pa.Field(nullable=True, ge=1, description="number in B3DB")
    pubchem_cid: int = pa.Field(nullable=True, ge=1, description="PubChem's number of the compound")
    chembl_id: str = pa.Field(nullable=True, description="ChEMBL's number of the substance")
    log_bb: float = pa.Field(
        nullable=True, description="log10 of the concentration in the brain over that in the blood"
    )
    crosses_barrier: bool = pa.Field(nullable=True, description="crosses the blood-brain barrier")
    approved_year: int = pa.Field(nullable=True, description="year of the first approval anywhere")

    class Config:
        """The table it is for."""

        name = "core.medical__drug"
