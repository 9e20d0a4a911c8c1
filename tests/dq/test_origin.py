import string

from hypothesis import given
from hypothesis import strategies as st

from dq.origin import landing_id

sources = st.from_regex(r"[a-z]{1,8}__[a-z]{1,8}", fullmatch=True)
urls = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=40)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(sources, urls, hashes)
def test_a_landing_has_one_name(source: str, url: str, sha256: str) -> None:
    """Sixteen hex digits, the same for the same source, address and bytes."""
    name = landing_id(source, url, sha256)
    assert name == landing_id(source, url, sha256)
    assert len(name) == 16
    assert set(name) <= set(string.hexdigits.lower())


@given(st.lists(st.tuples(sources, urls, hashes), unique=True, min_size=2, max_size=20))
def test_different_landings_have_different_names(landings: list[tuple[str, str, str]]) -> None:
    """Another source, address or body is another landing."""
    assert len({landing_id(*landing) for landing in landings}) == len(landings)
