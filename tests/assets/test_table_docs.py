"""The page of the tables."""

from assets.table_docs import PAGE, page


def test_the_page_says_what_the_contracts_say() -> None:
    """docs/tables.md is made from the contracts of today."""
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/tables.md is old: run make docs"
