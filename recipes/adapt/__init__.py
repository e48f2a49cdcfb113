"""Adaptation to recordings with captions that are wrong in part, beside what else could be trained on them."""
