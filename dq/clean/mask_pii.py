"""Personal data in text: found by form and check digit, masked or handed to the contract, and kept nowhere else."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import polars as pl

from dq.clean.checksums import is_card, is_chinese_id
from dq.clean.marks import LEDGERS, append, with_ledgers
from dq.errors import ContractError
from dq.lists_by_row import lists_by_row
from dq.required_columns import require
from dq.verdict import REASONS

Kind = Literal["email", "id_number", "card", "phone", "ip"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Masker = Callable[[pl.Series], pl.Series]
"""Gives texts, none of them null, with what it finds rewritten; each by itself alone, and again is nothing."""
NONE: Mapping[str, Masker] = MappingProxyType({})

# Tried in turn, the longest first: a card number may stand before or behind other numbers.
FORMS: dict[Kind, tuple[str, ...]] = {
    "email": (r"[A-Za-z0-9][A-Za-z0-9._%+\-]*@[A-Za-z0-9](?:[A-Za-z0-9\-]*\.)+[A-Za-z]{2,24}",),
    "id_number": (r"[0-9A-Za-z]+",),
    "card": (
        r"[0-9]{4}(?:[ \-][0-9]{4}){3}[ \-][0-9]{3}|[0-9]+",
        r"[0-9]{4}(?:[ \-][0-9]{4}){3}|[0-9]{4}[ \-][0-9]{6}[ \-][0-9]{5}|[0-9]+",
    ),
    "phone": (
        r"0[1-9][0-9]{1,2}[ \-][0-9]{7,8}(?:-[0-9]{1,6})?|[0-9]+(?:[ \-.][0-9]+)*",
        r"\+?[0-9]+(?:[ \-.]?\(?[0-9]+\)?)*",
        r"\+[0-9]{1,3}(?:[ \-.]?\(?[0-9]{2,5}\)?){2,4}|[0-9]+",
        r"\+[0-9]{8,15}|\+[0-9]{1,3}(?:[ \-.]?\(?[0-9]{2,5}\)?){2,3}|[0-9]+",
    ),
    "ip": (
        r"[0-9A-Za-z.:]*[0-9](?:\.[0-9]+){3}[0-9A-Za-z.:]*",
        r"[0-9A-Za-z_.:]*:[0-9A-Za-z_.]*:[0-9A-Za-z_.:]*",
    ),
}
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})"


def mask_pii(
    frame: pl.LazyFrame, column: str, kinds: Sequence[Kind] = KINDS, *, more: Mapping[str, Masker] = NONE
) -> pl.LazyFrame:
    """Give `frame` with mail addresses, numbers of identity, cards and phones, and IP addresses as `<kind>`.

    - `email`: by form;
    - `id_number`: Chinese identity numbers: 18 places with a day of birth and the right check character, or the old
      ones of 15, which have a province and a day of birth and no check;
    - `card`: 13 to 19 digits, blanks or dashes between, that Luhn's sum approves;
    - `phone`: Chinese mobile numbers, Chinese numbers with their area (`010-12345678`), and any with `+`, country and
      8 to 15 digits in all;
    - `ip`: IPv4 and IPv6 addresses; version numbers of four parts look like the former.

    A repair `pii_<kind>:<column>` (accuracy) says that a cell was masked; its value is **null**, or the
    evidence would be the leak. What earlier steps kept of the cell in `_repairs` and `_problems` is masked too, and
    where the row is rejected for any reason, `dq.stage.refine` masks it in the quarantine. What is not written in
    these forms (names, postal addresses, numbers in words) is not found. Nulls stay null.

    `more` names kinds of your own, each with a function that masks a column of texts: `{"name": hide_names}` leaves
    repairs `pii_name:<column>`. In the quarantine no text is shown of a row in which such a one found something.

    >>> told = mask_pii(pl.LazyFrame({"t": ["ann@example.org, 4111 1111 1111 1111", "order 4111111111111112"]}), "t")
    >>> told.collect()["t"].to_list()
    ['<email>, <card>', 'order 4111111111111112']

    Raises:
        SchemaError: where the column is missing.
        ContractError: where a kind is unknown.

    """
    require(frame, [column], "mask_pii")
    maskers = _maskers(kinds, more)
    masked = _without_in_ledgers(with_ledgers(frame), column, maskers)
    # Always in the same order: what is a card number is not looked at again as a phone.
    for kind, masker in maskers.items():
        text = _applied(pl.col(column), masker)
        masked = masked.with_columns(append("_repairs", [_found(column, text, kind)]), text.alias(column))
    return masked


def refuse_pii(
    frame: pl.LazyFrame, column: str, kinds: Sequence[Kind] = KINDS, *, more: Mapping[str, Masker] = NONE
) -> pl.LazyFrame:
    """Give `frame` with null where `column` has personal data, and a problem: the contract sends the row to quarantine.

    What is found, and how, is as in `mask_pii`, `more` included. A problem `pii_<kind>:<column>` (accuracy) a kind
    names the rule; its value is null, and in the quarantine the row's text stands masked. Nulls stay null.

    >>> told = refuse_pii(pl.LazyFrame({"t": ["call 13812345678", "call me"]}), "t").collect()
    >>> told["t"].to_list(), [problem["rule"] for problem in told["_problems"][0]]
    ([None, 'call me'], ['pii_phone:t'])

    Raises:
        SchemaError: where the column is missing.
        ContractError: where a kind is unknown.

    """
    require(frame, [column], "refuse_pii")
    at = "_dq:masked"
    maskers = _maskers(kinds, more)
    masked = _without_in_ledgers(with_ledgers(frame), column, maskers).with_columns(pl.col(column).alias(at))
    for kind, masker in maskers.items():
        text = _applied(pl.col(at), masker)
        masked = masked.with_columns(
            append("_problems", [_found(column, text, kind, than=at)]), text.alias(at)
        )
    return masked.with_columns(pl.when(pl.col(at) == pl.col(column)).then(column).alias(column)).drop(at)


def masked_text(text: pl.Expr) -> pl.Expr:
    """Give a text with personal data of all `KINDS` as `<kind>`."""
    for masker in _maskers(KINDS, NONE).values():
        text = _applied(text, masker)
    return text


def _applied(text: pl.Expr, masker: Masker) -> pl.Expr:
    return text.map_batches(masker, pl.String, is_elementwise=True)


def _maskers(kinds: Sequence[Kind], more: Mapping[str, Masker]) -> dict[str, Masker]:
    """Give by kind what masks a column of it, the known ones first."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ContractError(
            f"no such kind of personal data: {', '.join(unknown)}",
            hint=f"one of {', '.join(KINDS)}; one of your own goes into more=",
        )
    if taken := sorted(set(more) & set(KINDS)):
        raise ContractError(
            f"this kind of personal data is known already: {', '.join(taken)}", hint="name it otherwise"
        )
    own = {kind: partial(_by_own, masker=masker, kind=kind) for kind, masker in more.items()}
    return {**{kind: partial(_masked, kind=kind) for kind in KINDS if kind in kinds}, **own}


def _by_own(text: pl.Series, masker: Masker, kind: str) -> pl.Series:
    """Ask another's function once for each text."""
    texts = text.drop_nulls().unique(maintain_order=True)
    told = masker(texts) if len(texts) else texts
    if told.dtype != pl.String or len(told) != len(texts) or told.null_count():
        raise ContractError(
            f"what masks {kind} gave {len(told):,} of {len(texts):,} texts",
            hint="it must give each text back, in order, with what is personal rewritten, and no null",
        )
    return text.replace_strict(texts, told, default=None, return_dtype=pl.String)


def _found(column: str, text: pl.Expr, kind: str, than: str | None = None) -> pl.Expr:
    return pl.when(text != pl.col(than or column)).then(
        pl.struct(
            rule=pl.lit(f"pii_{kind}:{column}"),
            dimension=pl.lit("accuracy"),
            column=pl.lit(column),
            value=pl.lit(None, dtype=pl.String),
        )
    )


def _without_in_ledgers(frame: pl.LazyFrame, column: str, maskers: Mapping[str, Masker]) -> pl.LazyFrame:
    """Mask what was kept of the column's cells: the text before, in the repairs of earlier steps."""
    return frame.with_columns(
        pl.col(name).map_batches(
            partial(_masked_ledger, column=column, maskers=maskers), REASONS, is_elementwise=True
        )
        for name in LEDGERS
    )


def _masked_ledger(ledger: pl.Series, column: str, maskers: Mapping[str, Masker]) -> pl.Series:
    reasons = ledger.explode(empty_as_null=False)
    if not len(reasons):
        return ledger
    value: pl.Expr = pl.when(pl.col("column") == column).then("value")
    for masker in maskers.values():
        value = _applied(value, masker)
    told = reasons.struct.unnest().with_columns(value=pl.coalesce(value, "value"))
    places = np.repeat(np.arange(len(ledger)), ledger.list.len().to_numpy())
    return lists_by_row(len(ledger), [(places, told.to_struct("reason"))], REASONS).rename(ledger.name)


def _masked(text: pl.Series, kind: Kind) -> pl.Series:
    for form in FORMS[kind]:
        text = _masked_once(text, kind, form)
    return text


def _masked_once(text: pl.Series, kind: Kind, form: str) -> pl.Series:
    # All candidates are judged at once as a column; Python sees none of them one by one.
    found = text.str.extract_all(form).explode(empty_as_null=False).drop_nulls().unique(maintain_order=True)
    found = found.filter(JUDGES[kind](found))
    if not len(found):
        return text
    rows = text.to_frame("text").with_row_index("row")
    joined = _replaced(rows.drop_nulls("text"), form, found, f"<{kind}>")
    whole = rows.join(joined, on="row", how="left", maintain_order="left")
    return whole.select(pl.coalesce("told", "text").alias(text.name)).to_series()


def _replaced(rows: pl.DataFrame, form: str, found: pl.Series, by: str) -> pl.DataFrame:
    """Give `row` and `told` of the rows that hold something of this form, with those that were `found`
    replaced.

    Replaced as whole candidates, so that a number is masked where it stands alone and not inside a longer
    one.
    """
    cut = rows.with_columns(candidate=pl.col("text").str.extract_all(form)).filter(
        pl.col("candidate").list.len() > 0
    )
    between = cut.select(
        "row", _escaped(pl.col("text")).str.replace_all(form, "\0").str.split("\0").alias("piece")
    )
    place = pl.int_range(pl.len()).over("row").alias("at")
    pieces = between.explode("piece").with_columns(place)
    candidates = cut.select("row", "candidate").explode("candidate").with_columns(place)
    masked = pl.when(pl.col("candidate").is_in(found.implode())).then(pl.lit(by)).otherwise("candidate")
    # Pieces are one more than candidates: each candidate stands behind the piece of its own number.
    return (
        pieces.join(
            candidates.with_columns(candidate=masked), on=["row", "at"], how="left", maintain_order="left"
        )
        .group_by("row", maintain_order=True)
        .agg(told=pl.concat_str("piece", pl.col("candidate").fill_null("")).str.join(""))
        .with_columns(_unescaped(pl.col("told")).alias("told"))
    )


def _escaped(text: pl.Expr) -> pl.Expr:
    """Make room for a zero character that is no part of the text."""
    return text.str.replace_all("\1", "\1\2", literal=True).str.replace_all("\0", "\1\3", literal=True)


def _unescaped(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("\1\3", "\0", literal=True).str.replace_all("\1\2", "\1", literal=True)


def _is_phone(text: pl.Series) -> pl.Series:
    digits = text.str.replace_all(r"[^0-9]", "")
    abroad = (
        text.str.starts_with("+") & digits.str.len_chars().is_between(8, 15) & ~digits.str.starts_with("0")
    )
    mobile = digits.str.contains(r"^(?:86)?1[3-9][0-9]{9}$") & text.str.contains(r"^[0-9+][0-9 \-]*$")
    area = r"^0(?:10|2[0-9]|[3-9][0-9]{2})[ \-][2-8][0-9]{6,7}(?:-[0-9]{1,6})?$"
    return abroad | mobile | text.str.contains(area)


def _is_ip(text: pl.Series) -> pl.Series:
    four = text.str.contains(rf"^{OCTET}(?:\.{OCTET}){{3}}(?::[0-9]{{1,5}})?[.:]?$")
    return four | pl.Series([_is_ipv6(one) for one in text.to_list()], dtype=pl.Boolean)


def _is_ipv6(text: str) -> bool:
    bare = text.rstrip(".") if not text.endswith("::") else text
    if bare.count(":") < 2 or not any(one.isdigit() for one in bare):
        return False
    try:
        ipaddress.IPv6Address(bare)
    except ValueError:
        return False
    return True


JUDGES: dict[Kind, Callable[[pl.Series], pl.Series]] = {
    "email": lambda text: text.is_not_null(),
    "id_number": is_chinese_id,
    "card": lambda text: is_card(text.str.replace_all(r"[ \-]", "")),
    "phone": _is_phone,
    "ip": _is_ip,
}
