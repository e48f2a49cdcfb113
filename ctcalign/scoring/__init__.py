"""Comparison of an alignment with a reference: errors of times, skips and confidences. Entry point: `run.py`."""
