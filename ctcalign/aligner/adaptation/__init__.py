"""Adaptation of a model to one recording by its own surest cues."""
