"""Contract of the applicants read from the bank's web pages."""

from __future__ import annotations

from checks.applicant import Applicant


class ApplicantPages(Applicant):
    """Applicants as their pages show them, one row per applicant."""

    class Config:
        """The table it is for."""

        name = "core.finance__applicant_pages"
