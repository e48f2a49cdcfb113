"""Decoders: what `ctcalign.audio.opening` chooses between."""
