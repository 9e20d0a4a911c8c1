"""How long a server asks us to wait: by Retry-After in both forms, or by the end of a rate limit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH = 1e9  # more seconds than anyone is asked to wait


def asked_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Give how many seconds the server asks us to wait: Retry-After, else the end of a rate limit that is used up.

    >>> asked_to_wait({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "70"}, datetime.now(UTC))
    70.0
    """
    if (value := headers.get("retry-after")) is not None:
        return _retry_after(value, now)
    for form in ("x-ratelimit", "ratelimit", "x-rate-limit"):
        reset = headers.get(f"{form}-reset", "")
        if headers.get(f"{form}-remaining") == "0" and reset.isdecimal():
            until = float(reset) - now.timestamp()  # some count from 1970, others from now
            return max(0.0, until) if float(reset) > _EPOCH else float(reset)
    return None


def _retry_after(value: str, now: datetime) -> float | None:
    """Read Retry-After in seconds or as a date; null where it cannot be read."""
    if value.strip().isdecimal():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())
