"""What must be true of a credit applicant, whichever source tells of him or her."""

from __future__ import annotations

import pandera.polars as pa

CHECKING = (
    "... < 0 DM",
    "0 <= ... < 200 DM",
    "... >= 200 DM / salary assignments for at least 1 year",
    "no checking account",
)
CREDIT_HISTORY = (
    "no credits taken/ all credits paid back duly",
    "all credits at this bank paid back duly",
    "existing credits paid back duly till now",
    "delay in paying off in the past",
    "critical account/ other credits existing (not at this bank)",
)
PURPOSE = (
    "car (new)",
    "car (used)",
    "furniture/equipment",
    "radio/television",
    "domestic appliances",
    "repairs",
    "education",
    "vacation",
    "retraining",
    "business",
    "others",
)
SAVINGS = (
    "... < 100 DM",
    "100 <= ... < 500 DM",
    "500 <= ... < 1000 DM",
    "... >= 1000 DM",
    "unknown/ no savings account",
)
EMPLOYMENT = (
    "unemployed",
    "... < 1 year",
    "1 <= ... < 4 years",
    "4 <= ... < 7 years",
    "... >= 7 years",
)
STATUS_SEX = (
    "male : divorced/separated",
    "female : divorced/separated/married",
    "male : single",
    "male : married/widowed",
    "female : single",
)
DEBTORS = ("none", "co-applicant", "guarantor")
PROPERTY = (
    "real estate",
    "building society savings agreement/ life insurance",
    "car or other",
    "unknown / no property",
)
PLANS = ("bank", "stores", "none")
HOUSING = ("rent", "own", "for free")
JOB = (
    "unemployed/ unskilled - non-resident",
    "unskilled - resident",
    "skilled employee / official",
    "management/ self-employed/ highly qualified employee/ officer",
)


class Applicant(pa.DataFrameModel):
    """One credit applicant: twenty features and whether the credit turned out good."""

    applicant: int = pa.Field(
        unique=True, ge=1, description="number of the applicant, from 1, in published order"
    )
    checking_status: str = pa.Field(isin=CHECKING, description="balance of the existing checking account")
    duration_months: int = pa.Field(
        in_range={"min_value": 1, "max_value": 120}, description="duration of the credit"
    )
    credit_history: str = pa.Field(isin=CREDIT_HISTORY, description="how earlier credits were paid back")
    purpose: str = pa.Field(isin=PURPOSE, description="what the credit is for")
    amount_dm: int = pa.Field(
        in_range={"min_value": 1, "max_value": 100_000}, description="amount in Deutsche Mark"
    )
    savings: str = pa.Field(isin=SAVINGS, description="savings account and bonds")
    employment: str = pa.Field(isin=EMPLOYMENT, description="time in the present employment")
    installment_rate: int = pa.Field(
        in_range={"min_value": 1, "max_value": 4},
        description="instalment rate class, share of disposable income",
    )
    personal_status_and_sex: str = pa.Field(isin=STATUS_SEX, description="personal status and sex")
    other_debtors: str = pa.Field(isin=DEBTORS, description="other debtors or guarantors")
    residence_since: int = pa.Field(
        in_range={"min_value": 1, "max_value": 4}, description="residence, duration class"
    )
    property: str = pa.Field(isin=PROPERTY, description="the most valuable property")
    age_years: int = pa.Field(in_range={"min_value": 18, "max_value": 100}, description="age")
    installment_plans: str = pa.Field(isin=PLANS, description="other instalment plans")
    housing: str = pa.Field(isin=HOUSING, description="housing")
    existing_credits: int = pa.Field(
        in_range={"min_value": 1, "max_value": 20}, description="number of existing credits at this bank"
    )
    job: str = pa.Field(isin=JOB, description="job")
    dependents: int = pa.Field(
        in_range={"min_value": 0, "max_value": 20},
        description="people being liable to provide maintenance for",
    )
    telephone: bool = pa.Field(description="has a telephone registered under his or her name")
    foreign_worker: bool = pa.Field(description="is a foreign worker, as published")
    creditability: str = pa.Field(isin=("good", "bad"), description="how the credit turned out: the label")
