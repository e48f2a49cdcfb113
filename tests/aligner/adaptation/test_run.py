"""`align(..., adapt=1)` on the bundled talk with noise: it helps, or the alignment stays what it was."""

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
from ctcalign.errors import CaptionError, MissingPackageError, UsageError
from tests.aligner.tones import ToneModel

DEMO = Path(__file__).parents[3] / "egs" / "demo"
CAPTIONS = DEMO / "talk.srt"
FAST = "builtin:en"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Few steps, so that a test takes seconds."""
    monkeypatch.setattr(training, "STEPS", 6)
    monkeypatch.setattr(training, "STEP_SECONDS", 10.0)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory) -> Path:
    """The talk with white noise at 5 dB."""
    samples, rate = sf.read(DEMO / "talk.ogg")
    noise = np.random.default_rng(0).standard_normal(len(samples)) * samples.std() * 10 ** (-5 / 20)
    path = tmp_path_factory.mktemp("noisy") / "talk.wav"
    sf.write(path, 0.5 * (samples + noise), rate)
    return path


@pytest.fixture(scope="module")
def plain(noisy) -> ctcalign.Alignment:
    return ctcalign.align(noisy, CAPTIONS, FAST)


def right(alignment: ctcalign.Alignment) -> int:
    """Spoken cues with both ends within half a second."""
    truth = json.loads((DEMO / "truth.json").read_text())["cues"]
    pairs = [(one, cue) for one, cue in zip(truth, alignment.cues, strict=True) if one["spoken"]]
    return sum(
        cue.span is not None and max(abs(cue.span.start - one["start"]), abs(cue.span.end - one["end"])) < 0.5
        for one, cue in pairs
    )


def sure(alignment: ctcalign.Alignment) -> float:
    """Spoken cues that are right, as the confidences expect it."""
    truth = json.loads((DEMO / "truth.json").read_text())["cues"]
    return sum(cue.confidence or 0.0 for one, cue in zip(truth, alignment.cues, strict=True) if one["spoken"])


def document(alignment: ctcalign.Alignment) -> dict:
    found = alignment.to_dict()
    found.pop("warnings", None)
    return found


def notices(alignment: ctcalign.Alignment) -> list[str]:
    return [text for text in alignment.warnings if text.startswith("adapt: ")]


def test_an_adapted_model_places_more_cues_and_can_be_used_again(noisy, plain, tmp_path):
    saved = tmp_path / "adapted.safetensors"
    found = ctcalign.align(noisy, CAPTIONS, FAST, adapt=1, save_adapted=saved)
    (notice,) = notices(found)
    assert notice.startswith("adapt: aligned with a model adapted to this recording (held-out cues: ")
    assert right(found) >= right(plain)
    assert sure(found) > sure(plain) + 1.0
    assert found.model == plain.model
    assert [cue.text for cue in found.cues] == [cue.text for cue in plain.cues]
    again = ctcalign.align(noisy, CAPTIONS, model=f"checkpoint:{saved}", options=AlignOptions(calibration=None))
    for one, other in zip(again.cues, found.cues, strict=True):
        assert (one.start, one.end) == pytest.approx((other.start, other.end), abs=1e-3)


def test_a_seed_decides_the_result(noisy):
    first, second = (ctcalign.align(noisy, CAPTIONS, FAST, adapt=1, options=AlignOptions(seed=1)) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    assert document(first) != document(ctcalign.align(noisy, CAPTIONS, FAST, adapt=1))


def test_captions_of_another_recording_leave_the_alignment_as_it_is(noisy):
    lines = (Path(__file__).parents[3] / "docs" / "models.md").read_text().splitlines()
    text = [line for line in lines if len(line.split()) > 8 and "`" not in line and "|" not in line][:20]
    plain, found = ctcalign.align(noisy, text, FAST), ctcalign.align(noisy, text, FAST, adapt=1)
    (notice,) = notices(found)
    assert notice.startswith("adapt: the model was not adapted: too few cues placed with certainty (")
    assert document(found) == document(plain)


def test_held_out_cues_decide():
    def helped(likelihood: float, margin: float, *, unsure: bool) -> bool:
        return adapter.Adapted(None, Judgement(-0.5, 3.0), Judgement(likelihood, margin)).helped(unsure)

    assert helped(-0.4, 3.1, unsure=False)
    assert not helped(-0.4, 2.9, unsure=False)
    assert helped(-0.4, 2.9, unsure=True)
    assert not helped(-0.6, 3.1, unsure=True)
    assert not helped(float("nan"), float("nan"), unsure=True)


@pytest.mark.parametrize(("worse", "sure"), [(Judgement(-0.9, 5.0), False), (Judgement(-0.1, 2.0), True)])
def test_a_pass_that_held_out_cues_do_not_confirm_is_undone(noisy, plain, worse, sure, monkeypatch, tmp_path):
    if sure:
        monkeypatch.setattr(run, "limit_of", lambda model: 100.0)
    judgements = iter([Judgement(-0.5, 3.0), worse])
    monkeypatch.setattr(adapter, "judge", lambda *_: next(judgements))
    found = ctcalign.align(noisy, CAPTIONS, FAST, adapt=3, save_adapted=tmp_path / "none.safetensors")
    (notice,) = notices(found)
    assert "not adapted: held-out cues are not recognised better" in notice
    assert document(found) == document(plain)
    assert not list(tmp_path.iterdir())


def test_an_adapted_model_that_finds_nothing_is_forgotten(noisy, plain, monkeypatch):
    calls = []

    def place(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise CaptionError("captions: none of the words was found")
        return placed(*arguments)

    placed = ctcalign.aligner.run.place_emission
    monkeypatch.setattr(ctcalign.aligner.run, "place_emission", place)
    found = ctcalign.align(noisy, CAPTIONS, FAST, adapt=1)
    assert notices(found) == ["adapt: the model was not adapted: captions: none of the words was found"]
    assert document(found) == document(plain)


def test_the_second_pass_is_compared_with_the_first_on_the_same_cues(noisy, monkeypatch):
    seen = []
    real = adapter.adapt

    def adapt(name, chosen, options, device, seed, progress, last):
        found = real(name, chosen, options, device, seed, progress, last)
        [own] = chosen
        seen.append(({one.cue for one in own.trained}, {one.cue for one in own.held_out}, last, found))
        return found

    monkeypatch.setattr(adapter, "adapt", adapt)
    ctcalign.align(noisy, CAPTIONS, FAST, adapt=2)
    assert len(seen) == 2
    assert seen[0][2] is None
    assert seen[1][2] is seen[0][3]
    assert not seen[0][0] & seen[1][1]  # what the second pass is judged by was not trained on in the first one


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adapt": -1}, "adapt: expected a number of passes, 0 or more, got -1"),
        ({"save_adapted": "x.safetensors"}, "save_adapted: nothing is adapted"),
        ({"adapt": 1, "precision": "int8"}, "adapt: int8 weights cannot be trained"),
        ({"adapt": 1, "model": ToneModel()}, "adapt: tones cannot be trained, models of builtin:, .* can"),
    ],
)
def test_what_cannot_be_adapted_is_refused_before_the_work(options, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        ctcalign.align(np.zeros(16_000), ["a word"], sample_rate=16_000, **options)


def test_a_missing_torch_is_one_line(noisy, monkeypatch):
    monkeypatch.setattr("ctcalign.extras.is_installed", lambda package: package != "torch")
    with pytest.raises(MissingPackageError, match=r"^torch is not installed; pip install 'ctcalign\[torch\]'$"):
        run.check_request(ctcalign.load_model("builtin:en"), 1, None)
