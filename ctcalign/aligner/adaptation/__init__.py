"""Adaptation of a model to one recording, by its own cues of highest certainty."""
