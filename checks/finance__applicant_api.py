"""Contract of the applicants read from the bank's API."""

from __future__ import annotations

from typing import ClassVar

from checks.applicant import Applicant


class ApplicantApi(Applicant):
    """Applicants as the API gives them, codes turned into words, one row an applicant."""

    TABLE: ClassVar[str] = "core.finance__applicant_api"
