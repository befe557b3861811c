"""Submissions: made in the sample's format, checked, written, entered into the ledger."""

from stackkit.submission.content import final_decision, submission_frame, value_columns
from stackkit.submission.format import Format, submission_format
from stackkit.submission.ledger import Ledger
from stackkit.submission.validate import allowed_values, validate_submission, value_range
from stackkit.submission.write import made_folder, write_submission

__all__ = [
    "Format",
    "Ledger",
    "allowed_values",
    "final_decision",
    "made_folder",
    "submission_format",
    "submission_frame",
    "validate_submission",
    "value_columns",
    "value_range",
    "write_submission",
]
