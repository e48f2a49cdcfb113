"""Licences that forbid commercial use need the user's word."""

from __future__ import annotations

import re

from ctcalign.errors import ModelError

_NONCOMMERCIAL = re.compile(r"(?<![a-z])nc(?![a-z])|non-?\s?commercial|research[- ]only", re.IGNORECASE)


def is_noncommercial(licence: str) -> bool:
    """Whether a licence's name or text says so: CC-BY-NC-4.0, "non-commercial"."""
    return _NONCOMMERCIAL.search(licence) is not None


def check_licence(name: str, licence: str, allow_noncommercial: bool) -> None:
    """Stop unless the licence allows commercial use or the user accepted that it does not.

    Raises:
        ModelError: the licence is non-commercial and was not accepted.
    """
    if is_noncommercial(licence) and not allow_noncommercial:
        raise ModelError(
            f"{name}: its licence ({licence}) forbids commercial use; "
            "accept that with --allow-noncommercial (allow_noncommercial=True) or choose another model"
        )
