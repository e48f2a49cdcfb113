"""Prefix beam search with the scores of finished words, such as those of an n-gram model."""
