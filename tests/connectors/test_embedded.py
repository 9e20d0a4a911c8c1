"""Data that pages carry for machines, read as records."""

import json

from connectors.selectors import Selectors

PRODUCTS = {
    "@context": "https://schema.org",
    "@graph": [
        {
            "@type": ["Product", "Thing"],
            "name": "Kettle",
            "offers": [{"@type": "Offer", "price": 19.5}, {"@type": "Offer", "price": 25}],
            "brand": {"@type": "Brand", "name": "Acme"},
        },
        {"@type": "WebPage", "mainEntity": {"@type": "Product", "name": "Pot", "offers": {"price": "7"}}},
        {"@type": "https://schema.org/Product", "name": "Lid"},
    ],
}
FIELDS = {"name": "name", "price": "offers.price", "brand": "brand?"}
MICRODATA = """
<div itemscope itemtype="https://schema.org/Product">
  <h2 itemprop="name"> Kettle </h2><img itemprop="image" src="/k.png">
  <div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
    <meta itemprop="price" content="19.5"><b itemprop="name">the offer's own name</b>
  </div>
  <span itemprop="brand">Acme</span><span itemprop="brand">Other</span>
</div>
<div itemscope itemtype="https://schema.org/Product"><i itemprop="name">Lid</i></div>
"""


def script(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_json_ld_gives_records_by_type() -> None:
    """From a graph, from inside another thing, by short and full type; the first of several; a lack is a reject."""
    decoded = Selectors("json-ld:Product", FIELDS).read(script(json.dumps(PRODUCTS)), "http://h/p")
    assert decoded.rows.rows() == [("Kettle", "19.5", "Acme", 1), ("Pot", "7", None, 2)]
    assert decoded.rejects.select("_row", "rule", "message").rows() == [
        (3, "selector:price", "http://h/p, record 3: no price (offers.price)")
    ]
    assert json.loads(decoded.rejects["text"][0])["name"] == "Lid"
    assert decoded.records == 3


def test_broken_json_ld_costs_its_own_script_only() -> None:
    """A script that is no JSON is a reject with its text; the things of the others arrive."""
    page = script('{"@type": "Product", "name": ') + script('{"@type": "Product", "name": "Pot"}')
    decoded = Selectors("json-ld:Product", {"name": "name"}).read(page, "http://h/p")
    assert decoded.rows.rows() == [("Pot", 1)]
    assert decoded.rejects["rule"].to_list() == ["json-ld"]
    assert decoded.rejects["_row"].to_list() == [2]
    assert decoded.records == 2


def test_microdata_gives_records_by_type() -> None:
    """Properties by text or attribute as the standard says; those of an item inside belong to that item."""
    decoded = Selectors("microdata:Product", {**FIELDS, "image": "image?"}).read(MICRODATA, "http://h/p")
    assert decoded.rows.rows() == [("Kettle", "19.5", "Acme", "/k.png", 1)]
    assert decoded.rejects["message"].to_list() == ["http://h/p, record 2: no price (offers.price)"]


def test_a_page_without_the_thing_is_one_reject() -> None:
    """As with selectors: a page that is not what was agreed is seen."""
    decoded = Selectors("json-ld:Product", FIELDS).read("<h1>closed</h1>", "http://h/p")
    assert decoded.rejects["rule"].to_list() == ["selector:record"]


def test_an_optional_field_is_null_where_it_is_not_there() -> None:
    """A `?` says that records may lack the field."""
    decoded = Selectors("p", {"id": "@id", "link": "a@href?"}).read('<p id="1"></p>', "u")
    assert decoded.rows.rows() == [("1", None, 1)]
    assert decoded.rejects.height == 0
