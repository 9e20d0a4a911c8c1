import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.placeholders import Secrets, fill
from dq.errors import ConfigError


@pytest.mark.parametrize("environment", [{}, {"SITE": ""}])
def test_a_missing_variable_is_named(environment: dict[str, str]) -> None:
    """The error says which variable to set; an empty one is as missing as none."""
    with pytest.raises(ConfigError, match="SITE is not set"):
        fill("${SITE}/x", environment)


def test_the_host_is_no_secret() -> None:
    """The placeholder that an address starts with stays readable in landings; all others are hidden."""
    template = "${SITE}/bot${TOKEN}/x?key=${KEY}"
    environment = {"SITE": "http://h:1", "KEY": "k3y", "TOKEN": "t0ken"}
    filled = fill(template, environment)
    assert filled == "http://h:1/bott0ken/x?key=k3y"
    assert Secrets(environment, template).hide(filled) == "http://h:1/bot${TOKEN}/x?key=${KEY}"


def test_hidden_addresses_can_be_asked_for_again() -> None:
    """What was hidden, also in its quoted form, comes back ready to be sent."""
    environment = {"KEY": "a b&c"}
    secrets = Secrets(environment, "http://h/?key=${KEY}")
    shown = secrets.hide("http://h/?key=a%20b%26c&page=2")
    assert shown == "http://h/?key=${KEY}&page=2"
    assert secrets.reveal(shown) == "http://h/?key=a%20b%26c&page=2"
    assert secrets.hide("http://h/?key=a+b%26c") == "http://h/?key=${KEY}"


WRITINGS = {
    "as it is": lambda text: text,
    "in an address": lambda text: quote(text, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in small letters": lambda text: re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quote(text)),
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "in HTML": html.escape,
}


@example("00&", "in HTML")
@example("00%", "in an address")
@example("00\\", "in JSON")
@given(st.text(st.characters(codec="utf-8"), min_size=3), st.sampled_from(sorted(WRITINGS)))
def test_a_secret_is_hidden_however_it_is_written(secret: str, writing: str) -> None:
    """Addresses, forms, JSON and HTML write it each in their own way, servers and libraries each in theirs."""
    secrets = Secrets({"KEY": secret}, "http://h/?key=${KEY}")
    assert secrets.hide(f"<{WRITINGS[writing](secret)}>") == "<${KEY}>"


def test_a_key_with_the_line_end_of_its_file_is_hidden_without_it_too() -> None:
    """Whoever reads it strips it."""
    secrets = Secrets({"KEY": "k3y-k3y\n"}, "http://h/?key=${KEY}")
    assert secrets.hide("k3y-k3y, 'k3y-k3y\\n', k3y-k3y%0a") == "${KEY}, '${KEY}', ${KEY}"


def test_secrets_that_hold_each_other_are_hidden_once() -> None:
    """The longer one first; the name of one may be the value of another."""
    secrets = Secrets({"A": "abc", "B": "abcdef", "C": "A"}, "http://h/?${A}${B}${C}")
    assert secrets.hide("abcdef abc A") == "${B} ${A} ${C}"
