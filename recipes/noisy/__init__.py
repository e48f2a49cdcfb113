"""Captions that do not match their recording: several aligners on the same emissions, scored against a ground truth.

In order: `emissions`, `align`, `scores`, `results`.
"""
