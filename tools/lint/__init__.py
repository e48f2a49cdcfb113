"""Checks of the language of pages and docstrings; `make lint` runs them."""
