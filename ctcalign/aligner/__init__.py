"""Recording + captions + model -> `Alignment`. Start at `run.py`."""
