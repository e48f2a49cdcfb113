"""Transcription on the language of tones: what of the recognised symbols is text."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import soundfile as sf
import torch

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.transcription import segments, transcribe, with_pauses
from ctcalign.errors import UsageError
from ctcalign.models.guide import Guide
from ctcalign.text.vocabulary import Vocabulary
from tests.aligner.spelled_emissions import Talk
from tests.aligner.tones import RATE, SYMBOLS, ToneModel, say, silence


class SpecialTones(ToneModel):
    """Recognises special tokens where others recognise "s" and "w", and an accent instead of "x"."""

    name = "specials"
    vocabulary = Vocabulary(
        tuple({"s": "<s>", "w": "<unk>", "x": "\u0301"}.get(symbol, symbol) for symbol in SYMBOLS), separator=1
    )


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_special_tokens_are_not_written(tmp_path, decoder):
    parts = [0.4, "some words sws hexre", 1.2, "wwss", 1.2, "and", 0.4]
    samples = np.concatenate([say(part) if isinstance(part, str) else silence(part) for part in parts])
    sf.write(tmp_path / "talk.wav", samples, RATE, subtype="FLOAT")
    transcript = transcribe(tmp_path / "talk.wav", SpecialTones(), decoder=decoder, options=AlignOptions(tokens=True))
    assert [cue.text.replace(" ", "") for cue in transcript.cues] == ["omeordhére", "and"]
    assert all(word.text for cue in transcript.cues for word in cue.words)
    tokens = [token.text for cue in transcript.cues for word in cue.words for token in word.tokens]
    assert "".join(tokens) == "omeordhe\u0301reand"


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_long_speech_is_divided_without_overlap_or_repetition(tmp_path, decoder, monkeypatch):
    """The division of a segment that is too long may fall between two symbols that follow each other at once."""
    text = "somewordsandotherswhoselettersfolloweachother" * 2  # as in languages without spaces
    sf.write(tmp_path / "talk.wav", say(text), RATE, subtype="FLOAT")
    monkeypatch.setattr("ctcalign.aligner.transcription.LONGEST_SEGMENT", 1e6)
    (whole,) = transcribe(tmp_path / "talk.wav", ToneModel(), decoder=decoder).cues
    monkeypatch.setattr("ctcalign.aligner.transcription.LONGEST_SEGMENT", 1.0)
    cues = transcribe(tmp_path / "talk.wav", ToneModel(), decoder=decoder).cues
    assert len(cues) > 4
    assert "".join(cue.text for cue in cues).replace(" ", "") == whole.text.replace(" ", "")
    for one, following in itertools.pairwise(cues):
        assert one.start < one.end <= following.start
        assert one.words[-1].end == one.end
        assert following.words[0].start == following.start


def test_a_symbol_is_not_divided(monkeypatch):
    """Some models output a symbol for as long as its sound lasts, without blanks between symbols."""
    monkeypatch.setattr("ctcalign.aligner.transcription.LONGEST_SEGMENT", 1.0)
    talk = Talk(labels=[label for label in (2, 3, 4, 5, 6, 7, 8) * 3 for _ in range(7)])
    found = list(segments(talk.emission(0.999)))
    assert len(found) > 2
    assert all(first % 7 == 0 and stop % 7 == 0 for first, stop in found)
    assert [a for a, _ in found[1:]] == [b for _, b in found[:-1]]


class Doubting(ToneModel):
    """Finds "s" more probable than "w" whichever of them is spoken."""

    name = "doubting"

    def __call__(self, waveform, lengths):
        log_probs, frames = super().__call__(waveform, lengths)
        one, other = self.vocabulary.symbols.index("s"), self.vocabulary.symbols.index("w")
        both = torch.logaddexp(log_probs[..., one], log_probs[..., other])
        log_probs[..., one], log_probs[..., other] = both + math.log(0.95), both + math.log(0.05)
        return log_probs, frames


class Late(ToneModel):
    """Has upper-case symbols in another order, twice as many frames, and emits every symbol 0.25 s late."""

    name, frame_shift, spike_delay, context = "late", 0.01, 0.25, 0.5
    vocabulary = Vocabulary(tuple(symbol.upper() for symbol in reversed(SYMBOLS)), blank=len(SYMBOLS) - 1, separator=27)

    def __call__(self, waveform, lengths):
        log_probs, frames = super().__call__(waveform, lengths)
        log_probs[:, 25:] = log_probs[:, :-25].clone()
        log_probs[:, :25] = torch.nn.functional.one_hot(torch.tensor(0), len(SYMBOLS)).mul(40.0).log_softmax(-1)
        return log_probs.flip(-1), frames


def test_a_guide_decides_in_every_segment(tmp_path):
    parts = [0.4, "saw wasp", 0.8, "swim", 0.9, "wise owls", 0.4]
    samples = np.concatenate([say(part) if isinstance(part, str) else silence(part) for part in parts])
    sf.write(tmp_path / "talk.wav", samples, RATE, subtype="FLOAT")

    def texts(model, guide=None, source=tmp_path / "talk.wav"):
        return [cue.text.replace(" ", "") for cue in transcribe(source, model, decoder="beam", guide=guide).cues]

    assert texts(Doubting()) == ["sassasp", "ssim", "siseosls"]
    spoken = ["sawwasp", "swim", "wiseowls"]
    assert texts(Doubting(), Guide(Late(), weight=1.0)) == spoken
    assert texts(Doubting(), Guide(Late(), Doubting(), weight=1.0)) == spoken
    assert texts(Doubting(), Guide(Late(), Late(), weight=1.0)) == texts(Doubting())
    assert texts(Doubting(), Guide(Late(), weight=0.0)) == texts(Doubting())
    with (tmp_path / "talk.wav").open("rb") as once:  # a source that is read once is read by both models
        assert texts(Doubting(), Guide(Late(), weight=1.0), once) == spoken
    with pytest.raises(UsageError, match="guide: needs the beam search, but decoder is 'greedy'"):
        transcribe(tmp_path / "talk.wav", Doubting(), guide=Guide(Late()))
    with pytest.raises(UsageError, match="guide: the symbols of specials are not those of doubting"):
        transcribe(tmp_path / "talk.wav", Doubting(), decoder="beam", guide=Guide(SpecialTones()))


def test_pauses_are_divided_between_segments():
    assert list(with_pauses([(3, 10), (15, 20), (20, 24), (90, 95)], 100, 30)) == [
        (0, 13), (13, 20), (20, 54), (60, 100)
    ]  # fmt: skip
