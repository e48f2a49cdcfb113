"""`align_together` on parts of the bundled talk with noise: one model for all of them, or none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import ctcalign
from ctcalign.aligner.adaptation import adapter, run, training
from ctcalign.aligner.adaptation.likelihoods import Judgement
from ctcalign.aligner.options import AlignOptions
from ctcalign.errors import AudioError, CaptionError, UsageError
from tests.aligner.adaptation.test_run import CAPTIONS, DEMO, FAST, document, notices


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Few steps, so that a test takes seconds."""
    monkeypatch.setattr(training, "STEPS", 6)
    monkeypatch.setattr(training, "STEP_SECONDS", 10.0)


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> list[tuple[Path, list[str]]]:
    """Two halves of the talk with white noise at 5 dB, and their captions."""
    folder = tmp_path_factory.mktemp("parts")
    samples, rate = sf.read(DEMO / "talk.ogg")
    noise = np.random.default_rng(0).standard_normal(len(samples)) * samples.std() * 10 ** (-5 / 20)
    cues = json.loads((DEMO / "truth.json").read_text())["cues"]
    middle = next(number for number, cue in enumerate(cues) if cue["spoken"] and cue["start"] > 38.0)
    edge = round((cues[middle]["start"] - 0.2) * rate)
    texts = [cue.text for cue in ctcalign.read_captions(CAPTIONS).cues]
    found = []
    for name, own, text in (("a", slice(0, edge), texts[:middle]), ("b", slice(edge, None), texts[middle:])):
        sf.write(folder / f"{name}.wav", 0.5 * (samples + noise)[own], rate)
        found.append((folder / f"{name}.wav", text))
    return found


@pytest.fixture(scope="module")
def plain(parts) -> list[ctcalign.Alignment]:
    return [ctcalign.align(*part, FAST) for part in parts]


@pytest.fixture(scope="module")
def both(parts, tmp_path_factory) -> tuple[list[ctcalign.Alignment], Path]:
    """The parts aligned together, and the adapted model."""
    saved = tmp_path_factory.mktemp("saved") / "both.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "STEPS", 6)
        return ctcalign.align_together(parts, FAST, save_adapted=saved), saved


def test_what_no_part_is_long_enough_for_they_are_together(parts, plain, both):
    for part in parts:
        assert "not adapted: too few cues placed with certainty" in notices(ctcalign.align(*part, FAST, adapt=1))[0]
    found, saved = both
    assert len({notice for one in found for notice in notices(one)}) == 1
    assert notices(found[0])[0].startswith("adapt: aligned with a model adapted to these 2 recordings (held-out cues: ")
    adapted_model = ctcalign.load_model(f"checkpoint:{saved}", "cpu")
    for one, before, (audio, captions) in zip(found, plain, parts, strict=True):
        assert document(one) != document(before)
        assert (one.audio, one.model) == (str(audio), before.model)
        again = ctcalign.align(audio, captions, adapted_model, options=AlignOptions(calibration=None))
        for cue, other in zip(again.cues, one.cues, strict=True):
            assert (cue.start, cue.end) == pytest.approx((other.start, other.end), abs=1e-3)


def test_one_recording_is_aligned_as_by_align():
    [found] = ctcalign.align_together([(DEMO / "talk.ogg", CAPTIONS)], FAST)
    assert found.to_dict() == ctcalign.align(DEMO / "talk.ogg", CAPTIONS, FAST, adapt=1).to_dict()
    [found] = ctcalign.align_together([(DEMO / "talk.ogg", CAPTIONS)], FAST, adapt=0)
    assert found.to_dict() == ctcalign.align(DEMO / "talk.ogg", CAPTIONS, FAST).to_dict()


def test_a_model_that_does_not_help_is_used_for_no_recording(parts, plain, monkeypatch):
    judgements = iter([Judgement(-0.5, 3.0), Judgement(-0.9, 5.0)])
    monkeypatch.setattr(adapter, "judge", lambda *_: next(judgements))
    found = ctcalign.align_together(parts, FAST)
    for one, before in zip(found, plain, strict=True):
        assert "not adapted: held-out cues are not recognised better" in notices(one)[0]
        assert document(one) == document(before)


@pytest.mark.parametrize(("after", "margin", "used"), [(0.45, 2.0, False), (0.35, 2.0, True), (0.45, 4.0, True)])
def test_an_uncertain_model_with_a_smaller_margin_must_become_more_certain(
    after, margin, used, parts, plain, monkeypatch
):
    judgements = iter([Judgement(-0.5, 3.0), Judgement(-0.4, margin)])
    uncertainties = iter([0.4, 0.4, after, after])
    monkeypatch.setattr(adapter, "judge", lambda *_: next(judgements))
    monkeypatch.setattr(run, "limit_of", lambda model: 0.25)
    monkeypatch.setattr(ctcalign.aligner.run, "uncertainty", lambda emission: next(uncertainties))
    found = ctcalign.align_together(parts, FAST)
    for one, before in zip(found, plain, strict=True):
        notice = notices(one)[0]
        if used:
            assert notice.startswith("adapt: aligned with a model adapted to these 2 recordings")
            assert document(one) != document(before)
        else:
            assert "not adapted: it is not more certain of the recordings (0.40 to 0.45 nats; held-out cues" in notice
            assert document(one) == document(before)


def test_a_model_that_finds_nothing_in_one_recording_is_used_for_none(parts, plain, monkeypatch):
    calls = []

    def place(*arguments):
        calls.append(arguments)
        if len(calls) > 3:  # the second recording, by the adapted model
            raise CaptionError("captions: none of the words was found")
        return placed(*arguments)

    placed = ctcalign.aligner.run.place_emission
    monkeypatch.setattr(ctcalign.aligner.run, "place_emission", place)
    found = ctcalign.align_together(parts, FAST)
    for one, before in zip(found, plain, strict=True):
        assert notices(one) == ["adapt: the model was not adapted: captions: none of the words was found"]
        assert document(one) == document(before)


def test_a_recording_that_cannot_be_aligned_leaves_the_others_as_they_are_without_it(parts, both, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    bad = (tmp_path / "bad.wav", ["a word"])
    first, error, second = ctcalign.align_together([parts[0], bad, parts[1]], FAST)
    assert isinstance(error, AudioError)
    assert [first.to_dict(), second.to_dict()] == [one.to_dict() for one in both[0]]
    [only] = ctcalign.align_together([bad], FAST)
    assert isinstance(only, AudioError)


def test_wrong_arguments_are_named_before_the_work(parts):
    with pytest.raises(UsageError, match="adapt: expected a number of passes, 0 or more, got -1"):
        ctcalign.align_together(parts, FAST, adapt=-1)
    with pytest.raises(UsageError, match="save_adapted: nothing is adapted"):
        ctcalign.align_together(parts, FAST, adapt=0, save_adapted="x")
