"""What the site says to one request, before HTTP."""

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Answer:
    """A status, a media type and a body; for a redirect also where to."""

    status: int
    media_type: str
    body: bytes
    location: str | None = None

    @cached_property
    def etag(self) -> str:
        """The body's strong ETag, quotes included: equal when, and only when, the bytes are."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"
