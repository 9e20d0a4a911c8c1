"""What must be true of a heart patient's measurements, whichever source tells of them."""

from __future__ import annotations

import pandera.polars as pa

CHEST_PAIN = ("typical angina", "atypical angina", "non-anginal", "asymptomatic")
ECG = ("normal", "st-t abnormality", "lv hypertrophy")
SLOPE = ("upsloping", "flat", "downsloping")
THALASSEMIA = ("normal", "fixed defect", "reversible defect")


class Heart(pa.DataFrameModel):
    """Measurements of one heart patient; what was not measured is null."""

    age_years: float = pa.Field(in_range={"min_value": 18, "max_value": 110}, description="age")
    sex: str = pa.Field(isin=("male", "female"), description="sex as recorded")
    chest_pain: str = pa.Field(isin=CHEST_PAIN, description="kind of chest pain")
    resting_bp_mmhg: float = pa.Field(
        nullable=True, in_range={"min_value": 50, "max_value": 260}, description="blood pressure at rest"
    )
    cholesterol_mg_dl: float = pa.Field(
        nullable=True, in_range={"min_value": 50, "max_value": 700}, description="serum cholesterol"
    )
    fasting_sugar_high: bool = pa.Field(nullable=True, description="fasting blood sugar above 120 mg/dl")
    resting_ecg: str = pa.Field(nullable=True, isin=ECG, description="electrocardiogram at rest")
    max_heart_rate_bpm: float = pa.Field(
        nullable=True,
        in_range={"min_value": 40, "max_value": 250},
        description="highest heart rate under exercise",
    )
    exercise_angina: bool = pa.Field(nullable=True, description="angina under exercise")
    st_depression_mm: float = pa.Field(
        nullable=True,
        in_range={"min_value": -5, "max_value": 10},
        description="ST depression by exercise; negative is elevation",
    )
    st_slope: str = pa.Field(
        nullable=True, isin=SLOPE, description="slope of the ST segment at peak exercise"
    )
    vessels: float = pa.Field(
        nullable=True, isin=(0.0, 1.0, 2.0, 3.0), description="major vessels coloured by fluoroscopy"
    )
    thalassemia: str = pa.Field(nullable=True, isin=THALASSEMIA, description="thallium scan")
    disease: bool = pa.Field(description="has heart disease (a vessel narrowed by more than half): the label")
