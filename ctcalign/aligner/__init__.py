"""Alignment of captions to a recording with a CTC model. The entry point is `run.py`."""
