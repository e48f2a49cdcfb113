"""Iterative pseudo-forced alignment: noisy captions are aligned window by window between anchors."""
