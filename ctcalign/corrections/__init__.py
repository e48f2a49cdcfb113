"""Corrections by a person: the edits of a review, applied to the alignment that was reviewed. Entry point: `run.py`."""
