"""The fit of confidences on captions that are corrupted on purpose. Entry point: `run.py`."""
