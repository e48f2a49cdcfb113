"""Captions of every common format, read without losing a cue."""

from ctcalign.text.captions.read import Captions, read_captions
from ctcalign.text.captions.registry import FORMATS

__all__ = ["FORMATS", "Captions", "read_captions"]
