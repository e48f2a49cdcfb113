"""Adaptation of a model to one recording, with the recording's most certain cues."""
