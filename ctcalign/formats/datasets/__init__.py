"""Data sets: Kaldi, lhotse, and the output folder of `align-corpus`."""
