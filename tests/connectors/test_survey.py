from collections.abc import Callable
from pathlib import Path

from connectors.survey import Survey
from dq.landing import LandingStore
from dq.raw import decode_all
from dq.source import Source, Surroundings

Around = Callable[..., Surroundings]
COLUMNS = ("item", "mean", "sd", "ratings")


def test_the_raters_answers_come_in(sample_root: Path, around: Around, store: LandingStore) -> None:
    """Four questionnaires, 23,703 items; the mark at the start of one file is not part of its first id."""
    source = Survey("social__ratings", "social/ratings/*_anonDataRatings.txt", COLUMNS)
    assert isinstance(source, Source)
    batch = decode_all(source, source.fetch({}, around(source, files=sample_root / "files")).current, store)
    assert (batch.rows.height, batch.rejects.height) == (23_703, 0)
    counts = dict(batch.rows.group_by("questionnaire").len().rows())
    assert counts == {
        "tweets_anonDataRatings": 4_200,
        "amazonReviewSnippets_anonDataRatings": 3_708,
        "movieReviewSnippets_anonDataRatings": 10_605,
        "nytEditorialSnippets_anonDataRatings": 5_190,
    }
    assert batch.rows.filter(questionnaire="amazonReviewSnippets_anonDataRatings")["item"][0] == "1_1"
    assert batch.rows["ratings"].str.starts_with("[").all()


def test_an_export_with_a_header_names_its_own_columns(
    tmp_path: Path, around: Around, store: LandingStore
) -> None:
    """One row per respondent, as most tools export it."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "staff.csv").write_text('respondent,q1,q2\nr1,5,"often, always"\nr2,,never\nr3,1\n')
    source = Survey("demo__staff", "*.csv", delimiter=",", quote='"')
    batch = decode_all(source, source.fetch({}, around(source, files=folder)).current, store)
    assert batch.rows.drop("_landing_id").rows() == [
        ("r1", "5", "often, always", "staff", 2),
        ("r2", None, "never", "staff", 3),
    ]
    assert batch.rejects["_row"].to_list() == [4]
