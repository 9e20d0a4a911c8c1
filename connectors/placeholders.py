"""`${NAME}` in a declaration: filled from the environment to fetch, hidden again in all that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, quote_plus

from dq.errors import ConfigError

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_TELLING = 8


def fill(text: str, environment: Mapping[str, str]) -> str:
    """Put the environment's values where `${NAME}` stands.

    Raises:
        ConfigError: where a variable is missing or empty.

    >>> fill("${SITE}/posts", {"SITE": "http://127.0.0.1:8765"})
    'http://127.0.0.1:8765/posts'

    """

    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1], "")
        if not found:
            raise ConfigError(
                f"the environment variable {match[1]} is not set",
                where=text,
                hint=f"set {match[1]} and run again",
            )
        return found

    return _PLACEHOLDER.sub(value, text)


class Secrets:
    """The values that must not be seen: all placeholders but the one that an address starts with (its host).

    >>> Secrets({"KEY": "s3cret"}, "https://example.org?key=${KEY}").hide("GET /?key=s3cret")
    'GET /?key=${KEY}'
    """

    def __init__(self, environment: Mapping[str, str], urls: str | Sequence[str], *others: str) -> None:
        """Learn the secrets of one or several addresses, and of their headers and parameters."""
        names: set[str] = set()
        for url in [urls] if isinstance(urls, str) else urls:
            leading = _PLACEHOLDER.match(url)
            names.update(_PLACEHOLDER.findall(url[leading.end() :] if leading else url))
        for other in others:
            names.update(_PLACEHOLDER.findall(other))
        self._quoted = {name: quote(environment.get(name, ""), safe="") for name in names}
        self._forms: list[tuple[str, str]] = []
        for name in names:
            self.learn(name, environment.get(name, ""))

    def learn(self, name: str, value: str) -> None:
        """Hide this value too, which came to be known while fetching, such as a token."""
        if value:
            forms = {*self._forms, (value, name), (quote(value, safe=""), name), (quote_plus(value), name)}
            self._forms = sorted(forms, key=lambda form: (-len(form[0]), form))

    def hide(self, text: str) -> str:
        """Give the text with every secret turned back into its `${NAME}`."""
        for value, name in self._forms:
            text = text.replace(value, f"${{{name}}}")
        return text

    def repeated_in(self, body: bytes) -> set[str]:
        """Give the names of those that stand in what a server sent; a value of a few letters may do so by chance.

        >>> Secrets({"KEY": "s3cret-key"}, "https://example.org?key=${KEY}").repeated_in(b'{"next": "?key=s3cret-key"}')
        {'KEY'}
        """
        return {name for value, name in self._forms if len(value) >= _TELLING and value.encode() in body}

    def reveal(self, url: str) -> str:
        """Give the address with its secrets, ready to be asked for."""
        return fill(url, self._quoted) if self._quoted else url
