"""Contract of the reconciled applicants."""

from __future__ import annotations

from typing import ClassVar

from checks.applicant import Applicant


class Finance(Applicant):
    """One row an applicant, from the pages and the API, each cell with the source that won."""

    TABLE: ClassVar[str] = "core.finance"
