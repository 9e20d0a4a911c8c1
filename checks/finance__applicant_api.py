"""Contract of the applicants read from the bank's API."""

from __future__ import annotations

from checks.applicant import Applicant


class ApplicantApi(Applicant):
    """Applicants as the API gives them, codes turned into words, one row per applicant."""

    class Config:
        """The table it is for."""

        name = "core.finance__applicant_api"
