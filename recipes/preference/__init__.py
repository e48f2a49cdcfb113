"""Preference losses: pairs from cuts, training of recognisers (`run`) and of language models (`run_text`), RESULTS.md.

The plan, its runs and the rows of an evaluation are those of `recipes.awp`.
"""
