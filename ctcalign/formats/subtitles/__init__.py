"""Subtitles within the limits of a style guide: length and number of lines, reading speed."""

from ctcalign.formats.subtitles.limits import SUBTITLES, SubtitleLimits

__all__ = ["SUBTITLES", "SubtitleLimits"]
