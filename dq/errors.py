"""Every error of dq, in one tree.

DqError
├── UserError              the call is wrong: fix the command, the configuration or the code
│   ├── ConfigError        an environment variable, a path or a declaration that cannot work
│   └── ContractError      a contract that cannot be run as it is written
├── SourceError            the world is wrong: a source is down, or gives what was not agreed
│   ├── FetchError         bytes could not be had (names the URL, the status, the attempts)
│   └── DecodeError        bytes could not be read at all (names the file and the line)
├── DataError              the data is wrong: a table was refused, the last good one stays
│   ├── SchemaError        a column is missing or has the wrong type for all rows
│   └── GateError          a release was asked for that did not pass its gate
└── PromiseError           dq is wrong: a law of its own was broken; please report it
    ├── LedgerError        rows in ≠ accepted + quarantined + deduplicated + superseded
    └── IntegrityError     a stored file is not what its manifest says
"""

from __future__ import annotations

from typing import Self


class DqError(Exception):
    """An error that says what happened, to how many of how many, where the evidence is, and what to do.

    >>> print(SourceError("page has no <h1>", where="https://example.org/1", failed=1, of=20, hint="look at it"))
    page has no <h1> (1 of 20)
      where: https://example.org/1
      hint:  look at it
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        failed: int | None = None,
        of: int | None = None,
        hint: str | None = None,
    ) -> None:
        self.what, self.where, self.failed, self.of, self.hint = what, where, failed, of, hint
        count = "" if failed is None else f" ({failed:,})" if of is None else f" ({failed:,} of {of:,})"
        lines = [what + count]
        if where is not None:
            lines.append(f"  where: {where}")
        if hint is not None:
            lines.append(f"  hint:  {hint}")
        super().__init__("\n".join(lines))


class UserError(DqError):
    """The call is wrong."""

    exit_code = 2


class ConfigError(UserError):
    """A setting, a path or a declaration cannot work."""


class ContractError(UserError):
    """A contract cannot be run as it is written."""


class SourceError(DqError):
    """A source is down, or gives what was not agreed."""

    exit_code = 3


class FetchError(SourceError):
    """Bytes could not be had; `retry` says whether that may be over by itself in a while."""

    retry = True
    status: int | None = None
    """What the server answered, where that is why."""

    def for_good(self) -> Self:
        """Give this error as one that no retry mends: a page that is gone, a key that is refused."""
        self.retry = False
        return self


class DecodeError(SourceError):
    """Bytes could not be read at all."""


class DataError(DqError):
    """A table was refused; the last good one stays."""

    exit_code = 4


class SchemaError(DataError):
    """A column is missing or has the wrong type for all rows."""


class GateError(DataError):
    """A release did not pass its gate."""


class PromiseError(DqError):
    """A law of dq's own was broken."""

    exit_code = 5


class LedgerError(PromiseError):
    """Rows in ≠ accepted + quarantined + deduplicated + superseded."""


class IntegrityError(PromiseError):
    """A stored file is not what its manifest says."""
