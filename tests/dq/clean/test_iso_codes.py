"""Codes of the standards are read from whatever stands for them, and nothing is guessed."""

import polars as pl
import pycountry
import pytest

from dq.clean import country_code, currency_code, division_code, language_code
from dq.errors import ContractError, SchemaError
from tests.dq.clean.texts import frame


def told(step, cells):
    """Each cell's code and the rules of its problems."""
    rows = step(frame(cells)).collect()
    return list(zip(rows["x"], [[p["rule"] for p in ps] for ps in rows["_problems"]], strict=True))


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("GB", "UK|United Kingdom|Great Britain|GBR|826|英国|英國|gb"),
        ("US", "USA|U.S.A.|United States|United States of America|The United States|美国|840| us "),
        ("CN", "中国|中國|中华人民共和国|People's Republic of China|CHN|156"),
        ("KR", "South Korea|Korea, Republic of|Republic of Korea|韩国|南韓|大韩民国"),
        ("CI", "Côte d'Ivoire|Côte d’Ivoire|COTE D'IVOIRE|Ivory Coast|科特迪瓦|象牙海岸"),
        ("RU", "Russia|Russian Federation|俄罗斯"),
        ("CD", "Congo-Kinshasa|Democratic Republic of the Congo|DR Congo|刚果（金）"),
        ("VN", "Vietnam|Viet Nam"),
        ("AF", "4|004"),
        ("TR", "Turkey|Türkiye"),
        ("NA", "NA|Namibia"),
    ],
)
def test_a_country_is_known_by_all_its_names(code, written):
    """Codes of three kinds, English and Chinese names, official and usual ones, in any case."""
    assert told(lambda f: country_code(f, "x"), written.split("|")) == [(code, [])] * len(written.split("|"))


def test_what_is_none_or_several_is_refused_with_its_reason():
    """Countries that the standard does not have, and names that several have, are two kinds of problems."""
    none = ["Scotland", "Kosovo", "Atlantis", "999", "-4", "4.0", "US dollar", "DD"]
    assert told(lambda f: country_code(f, "x"), none) == [(None, ["country:x"])] * len(none)
    several = ["Congo", "Korea", "刚果", "Virgin Islands", "Saint Martin"]
    assert told(lambda f: country_code(f, "x"), several) == [(None, ["country_ambiguous:x"])] * 5


@pytest.mark.parametrize("to", ["alpha_2", "alpha_3", "numeric", "name"])
def test_every_country_of_the_standard_is_read_in_every_form(to):
    """All 249, from and to each kind of code, and what was told is read back."""
    every = sorted(pycountry.countries, key=lambda one: one.alpha_2)
    expected = [getattr(one, to) for one in every]
    for kind in ("alpha_2", "alpha_3", "numeric", "name"):
        cells = [getattr(one, kind) for one in every if one.alpha_2 != "CG" or kind != "name"]
        codes = country_code(frame(cells), "x", to=to).collect()["x"].to_list()
        kept = [e for e, one in zip(expected, every, strict=True) if one.alpha_2 != "CG" or kind != "name"]
        assert codes == kept


def test_numbers_are_codes_too():
    """A column that was read as whole numbers has lost its zeros and is read all the same."""
    rows = country_code(pl.LazyFrame({"c": [4, 156, None]}), "c").collect()
    assert rows["c"].to_list() == ["AF", "CN", None]


def test_currencies():
    """By code, number, name or sign; withdrawn codes stay; what many countries call theirs is refused."""
    cells = ["eur", "978", "Euro", "Euros", "欧元", "€", "人民币", "RMB", "US Dollars", "日元", "XCG"]
    codes = ["EUR"] * 6 + ["CNY"] * 2 + ["USD", "JPY", "XCG"]
    assert told(lambda f: currency_code(f, "x"), cells) == [(code, []) for code in codes]
    assert told(lambda f: currency_code(f, "x"), ["DEM", "BGN"]) == [("DEM", []), ("BGN", [])]
    assert told(lambda f: currency_code(f, "x", to="numeric"), ["usd", "DEM"]) == [
        ("840", []),
        (None, ["currency:x"]),
    ]
    refused = ["$", "¥", "dollar", "Francs", "kr", "元"]
    assert told(lambda f: currency_code(f, "x"), refused) == [(None, ["currency_ambiguous:x"])] * 6
    assert told(lambda f: currency_code(f, "x"), ["bitcoin", "978.0"]) == [(None, ["currency:x"])] * 2


def test_languages():
    """By codes of all parts of the standard, by name, by the tag of a locale; no two letters, no guess."""
    cells = ["de", "deu", "ger", "German", "德语", "de-AT", "de_DE.UTF-8"]
    assert told(lambda f: language_code(f, "x"), cells) == [("de", [])] * len(cells)
    assert told(lambda f: language_code(f, "x", to="alpha_3"), ["粤语", "zh"]) == [("yue", []), ("zho", [])]
    assert told(lambda f: language_code(f, "x"), ["粤语", "Klingonese"]) == [(None, ["language:x"])] * 2
    assert told(lambda f: language_code(f, "x", to="alpha_3"), ["Bari"]) == [(None, ["language_ambiguous:x"])]
    named = [one for one in pycountry.languages if hasattr(one, "alpha_2")]
    for kind in ("alpha_2", "alpha_3", "name"):
        read = language_code(frame([getattr(one, kind) for one in named]), "x").collect()["x"].to_list()
        assert read == [one.alpha_2 for one in named]


def test_provinces_of_china():
    """All 34, in Chinese with and without their kind, in either script, and as they are spelled in the standard."""
    every = sorted(pycountry.subdivisions.get(country_code="CN"), key=lambda one: one.code)
    assert division_code(frame([one.name for one in every]), "x").collect()["x"].to_list() == [
        one.code for one in every
    ]
    cells = ["广东", "广东省", "廣東省", "宁夏回族自治区", "宁夏", "新疆", "陕西", "山西", "Inner Mongolia"]
    codes = ["GD", "GD", "GD", "NX", "NX", "XJ", "SN", "SX", "NM"]
    assert told(lambda f: division_code(f, "x"), cells) == [(f"CN-{code}", []) for code in codes]
    assert told(lambda f: division_code(f, "x"), ["Bavaria"]) == [(None, ["division:x"])]
    assert told(lambda f: division_code(f, "x", country="DE"), ["Bayern"]) == [("DE-BY", [])]
    with pytest.raises(ContractError, match="no divisions of 'XX'"):
        division_code(frame([]), "x", country="XX")
    with pytest.raises(SchemaError, match="z"):
        division_code(frame([]), "z")
