"""What can be told of a molecule from its SMILES, however that is written: to compare structures of two notations."""

from __future__ import annotations

import polars as pl

ATOM = r"\[[^\]]*\]|Br|Cl|[BCNOPSFIbcnops]"
SYMBOL = r"^\[?\d*(Br|Cl|se|as|[A-Z][a-z]?|[a-z])"
IN_BRACKETS = r"\[[^\]]*\]"


def with_structure(frame: pl.LazyFrame, smiles: str) -> pl.LazyFrame:
    """Add `atoms` (those heavier than hydrogen, as `C8 N4 O2`), `rings` and `stereocentres`; null stays null.

    The same molecule may be spelled in many ways, and these are the same in all. What they cannot tell: mirror
    images, double bonds' geometry, and isomers of one formula.

    >>> caffeine = pl.LazyFrame({"smiles": ["Cn1c(=O)c2c(ncn2C)n(C)c1=O", "C[C@H](N)C(=O)[O-]", None]})
    >>> with_structure(caffeine, "smiles").select("atoms", "rings", "stereocentres").collect().rows()
    [('C8 N4 O2', 2, 0), ('C3 N1 O2', 0, 1), (None, None, None)]
    """
    written = pl.col(smiles)
    element = pl.element().str.extract(SYMBOL).str.to_titlecase()
    heavy = element.filter(~element.is_in(["H", "D"])).value_counts(name="n").sort()
    counted = pl.format("{}{}", heavy.struct.field(""), heavy.struct.field("n"))
    bare = written.str.replace_all(IN_BRACKETS, "*")
    ring_ends = bare.str.count_matches(r"%\d\d") + bare.str.replace_all(r"%\d\d", "").str.count_matches(r"\d")
    return frame.with_columns(
        atoms=written.str.extract_all(ATOM).list.eval(counted).list.join(" "),
        rings=(ring_ends // 2).cast(pl.Int64),
        stereocentres=written.str.count_matches(r"\[[^\]@]*@[^\]]*\]").cast(pl.Int64),
    )
