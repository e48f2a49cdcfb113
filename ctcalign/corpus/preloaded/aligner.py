"""Everything that aligns, without the libraries of a model."""

from __future__ import annotations

import av  # noqa: F401
import soundfile  # noqa: F401
import soxr  # noqa: F401

import ctcalign.audio.sources.av_source
import ctcalign.audio.sources.soundfile_source
import ctcalign.corpus.work.pipeline  # noqa: F401
