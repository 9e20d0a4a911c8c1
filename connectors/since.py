"""Where an API was read up to: the greatest time or number seen, less an overlap for what comes late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.json_rows import at, text
from dq.errors import ConfigError, DecodeError

_EASTERNMOST = timedelta(hours=14)


@dataclass(frozen=True)
class Since:
    """Ask only for what is new: `param` is sent with the greatest value seen at `path` of a record, less `overlap`.

    The overlap is a `timedelta` for times (ISO 8601), a number for numbers. `start` is what is sent the first time.
    The mark comes from the records, not from a clock, and is committed with the rows. What the overlap brings again
    is landed once more and dropped by the feed's `distinct`.

    >>> Since("updated_after", "updated_at", "2020-01-01T00:00:00Z", timedelta(hours=1)).back("2026-03-01T00:30:00Z")
    '2026-02-28T23:30:00Z'
    """

    param: str
    path: str
    start: str
    overlap: timedelta | int = timedelta(0)

    def __post_init__(self) -> None:
        try:
            self._ordered(self.start)
        except ValueError:
            kind = "a number" if isinstance(self.overlap, int) else "an ISO 8601 time"
            raise ConfigError(f"since: start is {self.start!r}, not {kind}") from None

    def back(self, mark: str) -> str:
        """Give a mark less the overlap, in the mark's own form."""
        if isinstance(self.overlap, int):
            return str(int(mark) - self.overlap)
        return _written(datetime.fromisoformat(mark) - self.overlap, mark)

    def until(self, mark: str, now: datetime) -> str:
        """Give a mark that is not after `now`: one record dated 2099 would hide all that comes until then.

        A time without a zone may be that of any zone.

        >>> Since("after", "at", "2020-01-01T00:00:00Z").until("2099-01-01T00:00:00Z", datetime(2026, 5, 1, tzinfo=UTC))
        '2026-05-01T00:00:00Z'
        """
        if isinstance(self.overlap, int):
            return mark
        moment = datetime.fromisoformat(mark)
        latest = now if moment.tzinfo else (now.astimezone(UTC) + _EASTERNMOST).replace(tzinfo=None)
        return (
            mark
            if moment <= latest
            else _written(latest.astimezone(moment.tzinfo) if moment.tzinfo else latest, mark)
        )

    def furthest(self, marks: Iterable[str | None]) -> str | None:
        """Give the greatest of these, null where there is none."""
        return max((mark for mark in marks if mark is not None), key=self._ordered, default=None)

    def mark_of(self, items: Iterable[Any], where: str) -> str | None:
        """Give the greatest value of these records, null where none has one.

        Raises:
            DecodeError: where one is neither a time nor a number, as declared.

        """
        found = [value for item in items if (value := text(at(item, self.path))) is not None]
        try:
            return self.furthest(found)
        except ValueError as error:
            raise DecodeError(
                f"since: at {self.path!r} stands what cannot be compared: {error}", where=where
            ) from None

    def _ordered(self, mark: str) -> tuple[datetime, int]:
        if isinstance(self.overlap, int):
            return datetime.min.replace(tzinfo=UTC), int(mark)
        moment = datetime.fromisoformat(mark)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), 0


def _written(moment: datetime, mark: str) -> str:
    """Write a time in the form of a mark."""
    if len(mark) == len("2026-01-31"):
        return moment.date().isoformat()
    text = moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z") if mark.endswith("Z") else text
