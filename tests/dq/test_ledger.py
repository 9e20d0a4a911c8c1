from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.errors import LedgerError, PromiseError
from dq.ledger import LedgerEntry
from tests.strategies.ledgers import PARTS, off, parts


@given(parts)
def test_an_entry_that_balances_can_be_made(counts: dict[str, int]) -> None:
    """Rows in = the sum of the four parts: that is an entry, which says just that."""
    entry = LedgerEntry("core.t", rows_in=sum(counts.values()), **counts)
    assert entry.rows_in == entry.accepted + entry.quarantined + entry.deduplicated + entry.superseded


@given(parts, off)
def test_an_entry_that_does_not_balance_cannot_be_made(counts: dict[str, int], difference: int) -> None:
    """One row too many or too few, and there is no entry; the message has the table and every count."""
    rows_in = sum(counts.values()) + difference
    with pytest.raises(LedgerError) as error:
        LedgerEntry("core.t", rows_in=rows_in, **counts)
    assert "core.t does not balance" in str(error.value)
    for count in (rows_in, *counts.values()):
        assert f"{count:,}" in str(error.value)


@given(parts, st.sampled_from(PARTS), st.integers(1, 10**6))
def test_a_negative_part_hides_nothing(counts: dict[str, int], part: str, by: int) -> None:
    """A negative count is refused even where the sum is right."""
    wrong = counts | {part: -by}
    rows_in = sum(wrong.values())
    with pytest.raises(LedgerError):
        LedgerEntry("core.t", rows_in=rows_in, **wrong)


@given(parts, st.sampled_from(PARTS), st.sampled_from(PARTS), st.integers(1, 10**6))
def test_rows_may_change_sides_but_not_vanish(counts: dict[str, int], a: str, b: str, moved: int) -> None:
    """Moving rows from one part to another keeps the balance; changing one part alone never does."""
    entry = LedgerEntry("core.t", rows_in=sum(counts.values()) + moved, **(counts | {a: counts[a] + moved}))
    if a != b:
        shifted = replace(entry, **{a: getattr(entry, a) - moved, b: getattr(entry, b) + moved})
        assert shifted.rows_in == entry.rows_in
    with pytest.raises(LedgerError):
        replace(entry, **{b: getattr(entry, b) + moved})


@given(st.lists(parts, min_size=1, max_size=5))
def test_entries_add_up(entries: list[dict[str, int]]) -> None:
    """The sum of balanced entries balances."""
    total = {part: sum(entry[part] for entry in entries) for part in PARTS}
    rows_in = sum(LedgerEntry("core.t", sum(entry.values()), **entry).rows_in for entry in entries)
    assert LedgerEntry("core.t", rows_in=rows_in, **total).rows_in == rows_in


def test_a_broken_ledger_is_a_broken_promise() -> None:
    """It is dq's own fault, not the data's: exit code 5."""
    assert issubclass(LedgerError, PromiseError)
    assert LedgerError.exit_code == 5
