"""Guided decoding: a large recogniser steered by a small one that was adapted to a domain."""
