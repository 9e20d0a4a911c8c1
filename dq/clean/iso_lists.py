"""What the codes of ISO 3166, 4217 and 639 are called, in English and Chinese: pycountry's lists and CLDR's names."""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import opencc
import pycountry
from babel import Locale

Names = Mapping[str, frozenset[str]]
"""What a name, in plain form, may stand for: one code, or several."""

LOCALES = ("en", "zh", "zh_Hant", "zh_Hant_HK")
CHINESE = ("zh_CN", "zh_TW", "zh_HK")
SIGNS, OTHER, SAINT = re.compile(r"[.'’‘ʻ`]"), re.compile(r"[\W_]+"), re.compile(r"\bst\b")
DIVISION = re.compile(
    r"(特别行政区|(壮族|回族|维吾尔)?自治区|[省市])$| (sheng|shi|sar|zizhiqu|(zhuangzu|huizu|uygur) zizhiqu|province)$"
)

# Usual names that the lists do not have.
COUNTRIES = {
    "UK": "GB", "Great Britain": "GB", "Britain": "GB", "EL": "GR", "Holland": "NL", "Ivory Coast": "CI",
    "Turkey": "TR",
    "Burma": "MM", "Swaziland": "SZ", "East Timor": "TL", "Macedonia": "MK", "Palestine": "PS", "Vatican": "VA",
    "Holy See": "VA", "Macau": "MO", "UAE": "AE", "PRC": "CN", "DRC": "CD", "DR Congo": "CD", "DPRK": "KP", "ROK": "KR",
    "Korea, South": "KR", "Korea, North": "KP", "Lao PDR": "LA", "俄国": "RU", "北朝鲜": "KP",
}  # fmt: skip
SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₪": "ILS", "₫": "VND"}
"""Signs that mean one currency. `$` and `¥` mean many."""
NO_CURRENCY = ("XXX", "XTS")
CURRENCIES = SYMBOLS | {
    "RMB": "CNY", "Renminbi": "CNY", "Yuan": "CNY", "CNH": "CNY", "Sterling": "GBP", "Real": "BRL", "Rand": "ZAR",
}  # fmt: skip
LANGUAGES = {"汉语": "zho", "华语": "zho", "Farsi": "fas", "Flemish": "nld", "Castilian": "spa"}
DIVISIONS = {
    "Inner Mongolia": "CN-NM", "Tibet": "CN-XZ", "宁夏回族自治区": "CN-NX", "Hong Kong": "CN-HK", "Macau": "CN-MO",
}  # fmt: skip

# Said without saying which: nothing is guessed.
SEVERAL_COUNTRIES = {
    "Congo": "CD CG", "刚果": "CD CG", "Korea": "KP KR", "Virgin Islands": "VG VI", "Saint Martin": "MF SX",
}  # fmt: skip
SEVERAL_CURRENCIES = {
    "$": "USD CAD AUD HKD", "dollar": "USD CAD AUD HKD", "dollars": "USD CAD AUD HKD", "¥": "CNY JPY",
    "元": "CNY TWD HKD",
    "pound": "GBP EGP", "pounds": "GBP EGP", "franc": "CHF XOF", "francs": "CHF XOF", "peso": "MXN ARS",
    "pesos": "MXN ARS", "krone": "DKK NOK", "kroner": "DKK NOK", "krona": "SEK ISK", "kr": "DKK NOK SEK",
    "dinar": "KWD JOD", "rupee": "INR PKR", "rupees": "INR PKR", "won": "KRW KPW",
}  # fmt: skip


def plain(name: str) -> str:
    """Give the form in which names are compared: no case, accents, points, `&`, leading "the"; Chinese simplified.

    >>> plain("The Côte d’Ivoire"), plain("U.S.A."), plain("St. Kitts & Nevis"), plain("美國")
    ('cote divoire', 'usa', 'saint kitts and nevis', '美国')
    """
    letters = unicodedata.normalize("NFKD", name.strip().casefold())
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    words = OTHER.sub(" ", SIGNS.sub("", bare).replace("&", " and ")).strip()
    return str(_simplified().convert(SAINT.sub("saint", words).removeprefix("the "))) or name.strip()


def plain_division(name: str) -> str:
    """Give a division's name in plain form, without the word for what kind of division it is.

    >>> plain_division("广西壮族自治区"), plain_division("Guangdong Sheng"), plain_division("CN-GD")
    ('广西', 'guangdong', 'cn gd')
    """
    return DIVISION.sub("", plain(name))


@cache
def countries() -> tuple[Names, Mapping[str, Mapping[str, str]]]:
    """Give what names and codes stand for, and of each alpha-2 code how it is written in the other ways."""
    records = {one.alpha_2: one for one in pycountry.countries}
    said = [(code, name) for code, one in records.items() for name in _names(one, "iso3166-1")]
    said += [(c, one) for c, record in records.items() for one in (c, record.alpha_3, record.numeric)]
    said += [(c, name) for c, name in _cldr("territories") if c in records]
    said += [(code, name) for name, code in COUNTRIES.items()]
    told = {
        code: {"alpha_2": code, "alpha_3": one.alpha_3, "numeric": one.numeric, "name": one.name}
        for code, one in records.items()
    }
    return _book(said, SEVERAL_COUNTRIES), told


@cache
def currencies() -> tuple[Names, Mapping[str, Mapping[str, str]]]:
    """Give what names and codes stand for, and of each alphabetic code how it is written in the other ways.

    Currencies that are withdrawn have no number here.
    """
    records = {one.alpha_3: one for one in pycountry.currencies if one.alpha_3 not in NO_CURRENCY}
    withdrawn = {
        code: name
        for code, name in Locale.parse("en").currencies.items()
        if code not in {*records, *NO_CURRENCY}
    }
    said = [(c, one) for c, record in records.items() for one in (c, record.numeric, record.name)]
    said += [(c, c) for c in withdrawn if c not in CURRENCIES]
    said += [(c, name) for c, name in _cldr("currencies") if c in records]
    said += [(c, f"{name}s") for c, name in Locale.parse("en").currencies.items() if c in records]
    said += [(code, name) for name, code in CURRENCIES.items()]
    told = {
        code: {"alpha_3": code, "numeric": one.numeric, "name": one.name} for code, one in records.items()
    }
    return _book(said, SEVERAL_CURRENCIES), told | {
        c: {"alpha_3": c, "name": name} for c, name in withdrawn.items()
    }


@cache
def languages() -> tuple[Names, Mapping[str, Mapping[str, str]]]:
    """Give what names and codes stand for, and of each code of three letters how it is written in the other ways.

    A text that is a code is one, though some language of few speakers may be called so.
    """
    records = {one.alpha_3: one for one in pycountry.languages}
    codes = {
        getattr(one, kind): code
        for code, one in records.items()
        for kind in ("alpha_2", "alpha_3", "bibliographic")
        if hasattr(one, kind)
    }
    said = [(code, one.name) for code, one in records.items()]
    said += [(codes[code], name) for code, name in _cldr("languages") if code in codes]
    said += [(code, name) for name, code in LANGUAGES.items()]
    named = [(code, name) for code, name in said if plain(name) not in codes]
    told = {
        code: {"alpha_3": code, "name": one.name}
        | ({"alpha_2": one.alpha_2} if hasattr(one, "alpha_2") else {})
        for code, one in records.items()
    }
    return _book([*named, *((code, name) for name, code in codes.items())], {}), told


@cache
def divisions(country: str) -> tuple[Names, Mapping[str, Mapping[str, str]]]:
    """Give what the divisions of a country (ISO 3166-2) are called, and of each code its name."""
    records = {one.code: one for one in pycountry.subdivisions if one.country_code == country}
    said = [(code, name) for code, one in records.items() for name in (code, *_names(one, "iso3166-2"))]
    said += [(code, name) for name, code in DIVISIONS.items() if code in records]
    told = {code: {"code": code, "name": one.name} for code, one in records.items()}
    return _book(said, {}, plain_division), told


def _book(
    said: list[tuple[str, str]], several: Mapping[str, str], form: Callable[[str], str] = plain
) -> Names:
    found: dict[str, set[str]] = {}
    for code, name in said:
        found.setdefault(form(name), set()).add(code)
    return {name: frozenset(codes) for name, codes in found.items()} | {
        plain(name): frozenset(codes.split()) for name, codes in several.items()
    }


def _names(record: Any, domain: str) -> Iterator[str]:
    """Give the names of a record in English and Chinese, "Korea, Republic of" as "Republic of Korea" too."""
    for kind in ("name", "official_name", "common_name"):
        if name := getattr(record, kind, None):
            yield name
            first, comma, last = name.partition(", ")
            if comma and ", " not in last:
                yield f"{last} {first}"
            for locale in CHINESE:
                yield _translation(domain, locale).gettext(name)


def _cldr(kind: str) -> Iterator[tuple[str, str]]:
    for locale in LOCALES:
        yield from getattr(Locale.parse(locale), kind).items()


@cache
def _translation(domain: str, locale: str) -> gettext.NullTranslations:
    return gettext.translation(domain, pycountry.LOCALES_DIR, languages=[locale], fallback=True)


@cache
def _simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
