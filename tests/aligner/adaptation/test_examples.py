"""The sound of utterances is that of the recording between their times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import soundfile as sf
import torch
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.aligner.adaptation.examples import _cut, read_examples
from ctcalign.aligner.adaptation.utterances import Utterance
from ctcalign.emission.options import EmissionOptions
from ctcalign.spans import Span

RATE = 8000


@dataclass
class Samples:
    """Samples as they are."""

    sample_rate: int = RATE
    padding: float = 0.0
    waveform: bool = True

    def __call__(self, samples: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(samples.copy())

    def silence(self) -> torch.Tensor:
        return torch.zeros(10)


@given(
    st.integers(0, 60),
    st.lists(st.integers(1, 20), max_size=8),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 30)), max_size=6),
)
def test_spans_are_cut_from_blocks_of_any_length(size, lengths, spans):
    whole = np.arange(size, dtype=np.float32)
    blocks = np.split(whole, np.minimum(np.cumsum(lengths), size)) if lengths else [whole]
    ordered = sorted((low, low + length) for low, length in spans)
    found = list(_cut(iter(blocks), [Span(low, high) for low, high in ordered], 1))
    assert len(found) == len(ordered)
    for part, (low, high) in zip(found, ordered, strict=True):
        np.testing.assert_array_equal(part, whole[low:high])


@pytest.mark.parametrize("channel", ["mix", 1, "all"])
def test_each_utterance_is_read_from_its_channel(tmp_path, channel):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (30 * RATE, 2)).astype(np.float32)
    sf.write(tmp_path / "two.wav", sound, RATE, subtype="FLOAT")
    spans = [Span(21.0, 22.5), Span(0.5, 3.0), Span(9.5, 11.0)]
    of = [1, 0, 1] if channel == "all" else [None] * 3
    utterances = [
        Utterance(n, span, (n,), (n, -1), 5.0, own) for n, (span, own) in enumerate(zip(spans, of, strict=True))
    ]
    found = read_examples(tmp_path / "two.wav", utterances, Samples(), EmissionOptions(channel=channel))
    for example, one in zip(found, utterances, strict=True):
        part = sound[round(one.span.start * RATE) : round(one.span.end * RATE)]
        expected = part.mean(1) if channel == "mix" else part[:, 1 if channel == 1 else one.channel]
        np.testing.assert_allclose(example.input.numpy(), expected, atol=1e-6)
        assert (example.labels, example.target, example.seconds) == (one.labels, one.target, one.span.duration)
