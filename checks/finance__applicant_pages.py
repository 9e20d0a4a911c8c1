"""Contract of the applicants read from the bank's web pages."""

from __future__ import annotations

from typing import ClassVar

from checks.applicant import Applicant


class ApplicantPages(Applicant):
    """Applicants as their pages show them, one row an applicant."""

    TABLE: ClassVar[str] = "core.finance__applicant_pages"
