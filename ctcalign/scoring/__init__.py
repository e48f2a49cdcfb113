"""Measurement of an alignment against a reference: errors of times, skips and confidences. Start at `run.py`."""
