"""Cleaning: makes values comparable. Small functions, LazyFrame to LazyFrame, that keep what they changed.

Every function takes frames whose columns are text plus the framework's, gives back the same rows in the same
order, and maintains two columns of `dq.verdict.REASONS`: `_problems` (cells that could not be read; the
contract counts them as broken rules) and `_repairs` (cells that were changed, with the text before).
"""

from dq.clean.boilerplate import without_boilerplate
from dq.clean.chinese_script import chinese_script
from dq.clean.choices import flag_choices, gather_choices, split_choices
from dq.clean.code_book import recode_by
from dq.clean.dates import date_order, parse_date
from dq.clean.fill_forward import fill_forward
from dq.clean.half_width import half_width
from dq.clean.hidden_missing import hidden_missing
from dq.clean.impute import Constant, impute, learn_imputation
from dq.clean.impute_by_model import impute_by_model, learn_model_imputation
from dq.clean.iso_codes import country_code, currency_code, division_code, language_code
from dq.clean.language import with_language
from dq.clean.mask_pii import mask_pii, refuse_pii
from dq.clean.mend_encoding import mend_encoding
from dq.clean.money import parse_money
from dq.clean.normal_text import normal_text
from dq.clean.numbers import number_style, parse_number
from dq.clean.outliers import fence, learn_fences
from dq.clean.page_text import page_text
from dq.clean.parse import Date, Datetime, parse
from dq.clean.recode import recode
from dq.clean.repairs import repairs_frame
from dq.clean.text_measures import with_text_measures
from dq.clean.tidy_text import tidy_text
from dq.clean.times import parse_time
from dq.clean.unescape_html import unescape_html
from dq.clean.units import Affine, to_unit
from dq.clean.vocabulary import match_vocabulary

__all__ = [
    "Affine",
    "Constant",
    "Date",
    "Datetime",
    "chinese_script",
    "country_code",
    "currency_code",
    "date_order",
    "division_code",
    "fence",
    "fill_forward",
    "flag_choices",
    "gather_choices",
    "half_width",
    "hidden_missing",
    "impute",
    "impute_by_model",
    "language_code",
    "learn_fences",
    "learn_imputation",
    "learn_model_imputation",
    "mask_pii",
    "match_vocabulary",
    "mend_encoding",
    "normal_text",
    "number_style",
    "page_text",
    "parse",
    "parse_date",
    "parse_money",
    "parse_number",
    "parse_time",
    "recode",
    "recode_by",
    "refuse_pii",
    "repairs_frame",
    "split_choices",
    "tidy_text",
    "to_unit",
    "unescape_html",
    "with_language",
    "with_text_measures",
    "without_boilerplate",
]
