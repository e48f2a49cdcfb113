"""Confidences: evidence, features and calibrated probabilities that cues and words are spoken as written, in time."""
