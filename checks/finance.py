"""Contract of the reconciled applicants."""

from __future__ import annotations

from checks.applicant import Applicant


class Finance(Applicant):
    """One row per applicant, from the pages and the API, each cell with the source that won."""

    class Config:
        """The table it is for."""

        name = "core.finance"
