"""Checks of what can run on a GPU, against the CPU: mathematics, models, trainings. `python -m tools.cuda`."""
