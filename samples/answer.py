"""What the site says to one request, before HTTP."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A status, a media type and a body; for a redirect also where to."""

    status: int
    media_type: str
    body: bytes
    location: str | None = None


HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"
