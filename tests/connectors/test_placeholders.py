import pytest

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
