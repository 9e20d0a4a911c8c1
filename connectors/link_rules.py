"""Which links of a page are followed: by where they stand on it, and by what their addresses look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dq.errors import ConfigError


@dataclass(frozen=True)
class Links:
    r"""Links that the CSS selector `scope` finds, whose address matches one of `allow` (if any) and none of `deny`.

    Patterns are regular expressions, searched for in the whole address. Addresses of a sitemap are held to them too.

    >>> rules = Links(allow=(r"/page-\d+", r"/post/"), deny=("print=1",))
    >>> rules.refuses("http://h/post/7"), rules.refuses("http://h/post/7?print=1"), rules.refuses("http://h/")
    (None, 'deny print=1', 'no allow')
    """

    scope: str = "a"
    allow: str | Sequence[str] = ()
    deny: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        for pattern in (*_several(self.allow), *_several(self.deny)):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigError(f"not a regular expression: {error}", where=pattern) from None

    def refuses(self, url: str) -> str | None:
        """Give the rule that this address breaks, null where it may be followed."""
        for pattern in _several(self.deny):
            if re.search(pattern, url):
                return f"deny {pattern}"
        allow = _several(self.allow)
        return "no allow" if allow and not any(re.search(pattern, url) for pattern in allow) else None


def _several(patterns: str | Sequence[str]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)
