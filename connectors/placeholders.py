"""`${NAME}` in a declaration: filled from the environment to fetch, hidden again in all that is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, quote_plus

from dq.errors import ConfigError

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_TELLING = 8
_IN_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&(?:quot|#34);", "'": "&(?:apos|#0?39|#x27);"}


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
        self._forms: dict[str, str] = {}
        self._names: list[str] = []
        self._seen_as: re.Pattern[str] | None = None
        for name in names:
            self.learn(name, environment.get(name, ""))

    def learn(self, name: str, value: str) -> None:
        """Hide this value too, which came to be known while fetching, such as a token."""
        added = {form: name for form in (value, value.strip()) if form and form not in self._forms}
        if added:
            self._forms |= added
            longest_first = sorted(self._forms.items(), key=lambda form: (-len(form[0]), form))
            self._names = [name for _, name in longest_first]
            self._seen_as = re.compile("|".join(f"({_as_seen(form)})" for form, _ in longest_first))

    def hide(self, text: str) -> str:
        r"""Give the text with every secret turned back into its `${NAME}`, as it is or as addresses and JSON write it.

        >>> Secrets({"KEY": "a/b&c"}, "https://example.org?key=${KEY}").hide(r"a/b%26c A a%2fb\u0026c a\/b&amp;c")
        '${KEY} A ${KEY} ${KEY}'
        """
        if self._seen_as is None:
            return text
        return self._seen_as.sub(lambda found: f"${{{self._names[(found.lastindex or 1) - 1]}}}", text)

    def repeated_in(self, body: bytes) -> set[str]:
        """Give the names of those that stand in what a server sent; a value of a few letters may do so by chance.

        >>> Secrets({"KEY": "s3cret-key"}, "https://example.org?key=${KEY}").repeated_in(b'{"next": "?key=s3cret-key"}')
        {'KEY'}
        """
        return {
            name
            for value, name in self._forms.items()
            for form in {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
            if len(value) >= _TELLING and form.encode() in body
        }

    def reveal(self, url: str) -> str:
        """Give the address with its secrets, ready to be asked for."""
        return fill(url, self._quoted) if self._quoted else url


def _as_seen(value: str) -> str:
    """Give a pattern of a value in all the ways in which it may be written."""
    return "".join(letter if letter.isascii() and letter.isalnum() else _letter(letter) for letter in value)


def _letter(letter: str) -> str:
    percent = "".join(f"%{octet:02x}" for octet in letter.encode("utf-8", "surrogateescape"))
    escaped = [json.dumps(letter)[1:-1], *([r"\/"] if letter == "/" else [])]
    # The letter itself comes last: it begins some of its other forms, such as %25, &amp; and \\.
    forms = [f"(?i:{percent})"]
    if letter.isascii():
        forms.append(f"(?i:{re.escape(f'{chr(92)}u{ord(letter):04x}')})")
    forms += [_IN_HTML[letter]] if letter in _IN_HTML else []
    forms += [r"\+"] if letter == " " else []
    forms += [*map(re.escape, escaped), re.escape(letter)]
    return f"(?:{'|'.join(forms)})"
