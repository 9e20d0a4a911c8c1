"""Labels in doubt: scored and queued for a human, never deleted."""

from dq.labels.errors import conflicting_labels, likely_label_errors
from dq.labels.model import out_of_fold
from dq.labels.rater_agreement import rater_agreement

__all__ = ["conflicting_labels", "likely_label_errors", "out_of_fold", "rater_agreement"]
