"""Addresses: taken apart, joined, and brought into the one form by which pages are told apart."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from dq.errors import ConfigError

_TRACKING = re.compile(
    r"[?&](utm_[a-z]+|gclid|dclid|fbclid|msclkid|yclid|twclid|mc_cid|mc_eid|igshid|_ga|_gl"
    r"|(?i:phpsessid|jsessionid|aspsessionid[a-z]*|cfid|cftoken|oscsid|zenid|xtcsid))="
)
_SESSION = re.compile(r";(?i:jsessionid|phpsessid)=[^;?#/]*")


def host_of(url: str) -> tuple[str, int]:
    """Give host and port of an address.

    Raises:
        ConfigError: where it is not an http(s) address.

    >>> host_of("https://Example.org/a"), host_of("https://例え.jp/")
    (('example.org', 443), ('xn--r8jz45g.jp', 443))

    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"not an address: {error}", where=url) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("not an http(s) address", where=url, hint="write https://host/path")
    host = parts.hostname
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError as error:
            raise ConfigError(f"not an address: {error}", where=url) from None
    return host, port or (443 if parts.scheme == "https" else 80)


def join(base: str, href: str) -> str | None:
    """Give the http(s) address that a link leads to, null where it leads to none; pages link to much else.

    >>> join("http://example.org/a/b", "../c"), join("http://example.org", "mailto:a@b.c")
    ('http://example.org/c', None)
    """
    try:
        url = urljoin(base, href)
        host_of(url)
    except (ValueError, ConfigError):
        return None
    return url


def kept_safe(here: str, there: str) -> str:
    """Give `there` with https where `here` has it on the same host: behind a proxy, servers name themselves by http.

    >>> kept_safe("https://example.org/a?page=1", "http://example.org/a?page=2")
    'https://example.org/a?page=2'
    """
    if here.startswith("https:") and there.startswith("http:"):
        (host, _), (other, port) = host_of(here), host_of(there)
        if host == other and port == 80:
            return urlunsplit(urlsplit(there)._replace(scheme="https", netloc=urlsplit(here).netloc))
    return there


def untracked(url: str) -> str:
    """Give an address without what only tells a site where a visitor came from, or which visitor it is.

    >>> untracked("http://example.org/a;jsessionid=9F?utm_source=x&b=2&gclid=1#top")
    'http://example.org/a?b=2#top'
    """
    url = _SESSION.sub("", url) if ";" in url else url
    if _TRACKING.search(url) is None:
        return url
    parts = urlsplit(url)
    pairs = [pair for pair in parts.query.split("&") if _TRACKING.match("&" + pair) is None]
    return urlunsplit(parts._replace(query="&".join(pairs)))


@lru_cache(1 << 16)
def canonical(url: str) -> str:
    """Give an address without fragment, default port, tracking and session parameters, its query sorted.

    >>> canonical("HTTP://Example.org:80/a?b=2&a=1&utm_source=x#top")
    'http://example.org/a?a=1&b=2'
    """
    parts = urlsplit(canonicalize_url(untracked(url)))
    host, port = host_of(url)
    usual = port == (443 if parts.scheme == "https" else 80)
    host = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=host if usual else f"{host}:{port}"))
