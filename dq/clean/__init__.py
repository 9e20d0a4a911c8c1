"""Cleaning: makes values comparable. Small functions, LazyFrame to LazyFrame, that keep what they changed.

Every function takes frames whose columns are text plus the framework's, gives back the same rows in the same
order, and maintains two columns of `dq.verdict.REASONS`: `_problems` (cells that could not be read; the
contract counts them as broken rules) and `_repairs` (cells that were changed, with the text before).
"""

from dq.clean.dates import date_order, parse_date
from dq.clean.hidden_missing import hidden_missing
from dq.clean.impute import Constant, impute, learn_imputation
from dq.clean.mask_pii import mask_pii
from dq.clean.normal_text import normal_text
from dq.clean.numbers import number_style, parse_number
from dq.clean.outliers import fence, learn_fences
from dq.clean.parse import Date, Datetime, parse
from dq.clean.recode import recode
from dq.clean.repairs import repairs_frame
from dq.clean.tidy_text import tidy_text
from dq.clean.unescape_html import unescape_html
from dq.clean.units import Affine, to_unit

__all__ = [
    "Affine",
    "Constant",
    "Date",
    "Datetime",
    "date_order",
    "fence",
    "hidden_missing",
    "impute",
    "learn_fences",
    "learn_imputation",
    "mask_pii",
    "normal_text",
    "number_style",
    "parse",
    "parse_date",
    "parse_number",
    "recode",
    "repairs_frame",
    "tidy_text",
    "to_unit",
    "unescape_html",
]
