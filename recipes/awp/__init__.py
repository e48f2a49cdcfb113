"""Align With Purpose: train every run of a plan, evaluate error rates and emission delays, write RESULTS.md.

`run` trains and evaluates all runs (each by `training`), `evaluation` writes the rows of a fixed model, `results`
writes tables, curve and verdicts. `cuts` and `word_times` prepare the data.
"""
