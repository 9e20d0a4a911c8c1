"""The JSON API's paging, for any number of records and anything that can be asked."""

import json

from hypothesis import given
from hypothesis import strategies as st

from samples.api import page_of


@given(count=st.integers(0, 60), per_page=st.integers(1, 25))
def test_following_next_gives_every_record_once(count: int, per_page: int) -> None:
    """From page 1 along `next`, all records come once and in order, and every page tells the same total."""
    records = [{"id": number} for number in range(count)]
    came: list[dict[str, int]] = []
    ahead: str | None = f"/api/x?page=1&per_page={per_page}"
    while ahead:
        path, _, query = ahead.partition("?")
        answer = page_of(records, path, query)
        assert answer.status == 200
        page = json.loads(answer.body)
        assert page["total"] == count
        assert len(page["items"]) <= per_page
        came += page["items"]
        ahead = page["next"]
    assert came == records


@given(query=st.text(max_size=30) | st.from_regex(r"(page|per_page)=[0-9+\-_.e٣]{0,12}", fullmatch=True))
def test_whatever_is_asked_is_answered_in_json(query: str) -> None:
    """Any query is answered by a page, a bad request or a not found, always as JSON that names its status."""
    answer = page_of([{"id": number} for number in range(250)], "/api/x", query)
    said = json.loads(answer.body)
    if answer.status == 200:
        assert said["items"]
    else:
        assert answer.status in {400, 404}
        assert said["status"] == answer.status
        assert said["error"]
