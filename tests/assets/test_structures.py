"""What is told of a structure is the same however the structure is spelled."""

import polars as pl
import pytest

from assets.structures import with_structure


@pytest.mark.parametrize(
    ("spellings", "atoms", "rings", "stereocentres"),
    [
        (["CN1CCC[C@H]1c1cccnc1", "c1cc(cnc1)[C@@H]2CCCN2C", "C%10CC[C@H](N%10C)c1cnccc1"], "C10 N2", 2, 1),
        (["OC(=O)c1ccccc1OC(C)=O", "CC(=O)OC1=CC=CC=C1C([O-])=O"], "C9 O4", 1, 0),
        (["[Na+].[Cl-]", "[23Na+].[Cl-]"], "Cl1 Na1", 0, 0),
        (["[2H]C([2H])[se]1cccc1Br", "[CH2][Se]1C=CC=C1Br"], "Br1 C5 Se1", 1, 0),
    ],
)
def test_spellings_of_one_structure(spellings: list[str], atoms: str, rings: int, stereocentres: int) -> None:
    """Order of atoms, aromatic or not, charges, isotopes, ring numbers of two digits: all tell the same."""
    told = with_structure(pl.LazyFrame({"smiles": spellings}), "smiles").collect()
    assert told.drop("smiles").unique().rows() == [(atoms, rings, stereocentres)]


def test_null_stays_null_and_rows_stay() -> None:
    """A row without a structure tells nothing, and no row is lost."""
    told = with_structure(pl.LazyFrame({"smiles": [None, "C", None]}), "smiles").collect()
    assert told["atoms"].to_list() == [None, "C1", None]
    assert told["rings"].to_list() == [None, 0, None]
