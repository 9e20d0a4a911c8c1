import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.guard import allowed_hosts, is_public
from dq.errors import ConfigError

HOSTILE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",  # noqa: S104 — an address to be refused
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_inner_addresses_are_not_public(address: str) -> None:
    """No way of writing an inner address gets past, also not wrapped in IPv6."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
)
def test_public_addresses_are(address: str) -> None:
    """The guard lets the internet through, wrapped or not."""
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_wrapping_changes_nothing(address: ipaddress.IPv4Address) -> None:
    """An IPv4 address is judged the same when it is mapped into IPv6, by 6to4 or by NAT64."""
    plain = is_public(str(address))
    value = int(address)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | value)
    sixtofour = ipaddress.IPv6Address((0x2002 << 112) | (value << 80))
    nat64 = ipaddress.IPv6Address((0x0064FF9B << 96) | value)
    assert [is_public(str(ip)) for ip in (mapped, sixtofour, nat64)] == [plain] * 3


@pytest.mark.parametrize("entry", ["db.lan", "db.lan:", ":", "db.lan:http", "8080"])
def test_an_allow_list_that_names_no_port_is_refused(entry: str) -> None:
    """An entry without a port would open a whole host."""
    with pytest.raises(ConfigError, match="host:port"):
        allowed_hosts({"DQ_ALLOW_HOSTS": entry})


def test_the_allow_list_reads_ipv6() -> None:
    """Brackets are as in an address."""
    assert allowed_hosts({"DQ_ALLOW_HOSTS": "[::1]:80, A.lan:1"}) == {("::1", 80), ("a.lan", 1)}
