"""Iterative pseudo-forced alignment: captions that are not quite right, aligned window after window between anchors."""
