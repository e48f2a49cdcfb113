"""Cues of alignments and lhotse manifests that meet criteria. Entry point: `run.py`."""
