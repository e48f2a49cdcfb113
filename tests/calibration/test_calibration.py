"""Fits on made-up speakers, judged on one that they have not heard; and the files that hold them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from ctcalign.aligner.best_path import place_emission
from ctcalign.aligner.confidence.apply import apply_calibration, chosen_calibration
from ctcalign.aligner.confidence.calibration import Calibration, from_dict, read_calibration
from ctcalign.aligner.confidence.logistic import Logistic
from ctcalign.aligner.confidence.published_scores import SCORES
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.calibration.cross_validation import cross_validate, judged
from ctcalign.calibration.delays import offsets
from ctcalign.calibration.examples import Example
from ctcalign.calibration.fit import fit
from ctcalign.calibration.trials import trials
from ctcalign.errors import CalibrationError, UsageError
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY
from tests.calibration.made_up import Hearer, transcribed


@pytest.fixture(scope="module")
def found() -> list[Example]:
    out: list[Example] = []
    for seed, sure in ((1, 0.9), (2, 0.6), (3, 0.8)):
        emission, utterances = transcribed(seed, sure=sure)
        out += trials(emission, utterances, f"speaker {seed}", Hearer(), "en", seeds=(1,))
    return out


@pytest.fixture(scope="module")
def fitted(found) -> Calibration:
    return fit([example for example in found if example.group != "speaker 3"], "made:up", {"sha256": "x"})


def test_examples_of_exact_text_are_right_and_wrong_ones_are_not(found):
    kinds = {example.kind for example in found}
    assert {"exact", "text_noise30", "extra", "mixed"} <= kinds
    exact = [example for example in found if example.kind == "exact"]
    assert all(example.right for example in exact)
    assert all((example.said == 1).all() and (example.whole == 1).all() for example in exact)
    noisy = [example for example in found if example.kind == "text_noise30"]
    assert sum(example.right for example in noisy) < len(noisy) / 2
    assert any((example.said == 0).any() for example in noisy)
    assert any((example.whole == 0).any() for example in noisy)


def test_a_speaker_that_was_left_out_is_judged_well(found):
    checked = cross_validate(found, "made:up")
    assert checked.groups == 3
    assert checked.cues.auc > 0.95
    assert checked.cues.reliability.ece < 0.1
    assert checked.words.auc > 0.95
    assert len(checked.cues.right) == len(found)
    kept = checked.cues.kept(0.9)
    assert kept.precision > 0.9
    kinds = sum(len(part.right) for name, part in checked.parts.items() if name.startswith("kind"))
    assert kinds == len(found)


def test_shuffled_truth_teaches_nothing(found):
    chance = np.random.default_rng(0)
    rights = chance.permutation([example.right for example in found])
    shuffled = [replace(example, right=bool(right)) for example, right in zip(found, rights, strict=True)]
    assert abs(cross_validate(shuffled, "made:up").cues.auc - 0.5) < 0.1


def test_a_file_gives_the_same_confidences(found, fitted, tmp_path):
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps(fitted.to_dict()), encoding="utf-8")
    again = read_calibration(path)
    assert again == fitted
    example = next(example for example in found if example.group == "speaker 3" and example.material)
    assert judged([example], again)[0] == judged([example], fitted)[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"format": "something/2"}, r"expected a calibration \(ctcalign/confidence/1\), got"),
        (lambda row: {k: v for k, v in row.items() if k != "gap"}, "the part 'gap' is missing"),
        (lambda row: row | {"cue": row["gap"]}, "cue: fitted on .* features that are not"),
        (lambda row: row | {"gap": row["gap"] | {"bias": float("nan")}}, "gap: holds numbers that are not finite"),
        (lambda row: row | {"gap": {"bias": 1}}, "gap: not a fit of ctcalign"),
        (lambda row: row | {"share": 1.5}, "share: got 1.5, expected a number between 0 and 1"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(fitted, tmp_path, change, message):
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps(change(fitted.to_dict())), encoding="utf-8")
    with pytest.raises(CalibrationError, match=message):
        read_calibration(path)


def test_a_file_without_a_share_judges_each_caption_alone(found, fitted):
    row = {key: value for key, value in fitted.to_dict().items() if key != "share"}
    before = from_dict(row, "an older file")
    own = [example for example in found if example.group == "speaker 3" and example.kind == "text_noise30"]
    alone = [fitted.judged(e.material, e.level)[0] if e.material else 0.0 for e in own]
    assert judged(own, before)[0].tolist() == alone
    lower = judged(own, fitted)[0]  # for most of them are wrong
    assert (lower <= alone).all()
    assert lower.sum() < 0.95 * sum(alone)


def test_no_file_and_no_json_say_so(tmp_path):
    with pytest.raises(CalibrationError, match="cannot be read"):
        read_calibration(tmp_path / "no.json")
    (tmp_path / "no.json").write_text("{")
    with pytest.raises(CalibrationError, match="not valid JSON"):
        read_calibration(tmp_path / "no.json")


def test_a_logistic_is_what_its_formula_says():
    one = Logistic(("a", "b"), (1.0, 0.0), (2.0, 1.0), (0.5, -1.0), 0.25, ((0.0, 0.0), (1.0, 0.5)))
    odds = 0.25 + 0.5 * (3.0 - 1.0) / 2.0 - 1.0 * 2.0
    assert one.log_odds(np.array([[3.0, 2.0]])) == pytest.approx([odds])
    assert one.probability(np.array([[3.0, 2.0]])) == pytest.approx([0.5 / (1 + np.exp(-odds))])
    with pytest.raises(UsageError, match=r"got shape \(1, 3\), expected \(N, 2\)"):
        one.probability(np.zeros((1, 3)))


def test_too_few_examples_are_told(found):
    exact = [example for example in found if example.kind == "exact"]
    with pytest.raises(UsageError, match="give more recordings"):
        fit(exact, "made:up")
    with pytest.raises(UsageError, match="expected two speakers"):
        cross_validate([example for example in found if example.group == "speaker 1"], "made:up")


def aligned(written: list[str], **options):
    emission, utterances = transcribed(3, sure=0.8)
    lines = [utterance.text for utterance in utterances]
    lines[: len(written)] = written
    text = transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en"), "en")
    alignment, placed = place_emission(emission, text, Hearer(), AlignOptions(unwritten=False))
    apply_calibration(alignment, text, placed.words, emission, Hearer(), **options)
    return alignment


def test_confidences_stand_on_cues_and_words(fitted):
    _, utterances = transcribed(3, sure=0.8)
    first, second = (utterance.text for utterance in utterances[:2])
    wrong = " ".join(["ponmlkj", *second.split()[1:]])
    alignment = aligned([first, wrong, "[MUSIC]"], calibration=fitted)
    right = [cue.confidence for cue in alignment.cues[3:]]
    assert min(right) > 0.7
    assert alignment.cues[1].confidence < min(right) - 0.2
    assert alignment.cues[2].confidence is None  # nobody speaks it
    assert alignment.cues[1].words[0].confidence < 0.3 < alignment.cues[1].words[-1].confidence
    assert alignment.cues[0].score < 0  # the path's, as long as nothing else is asked for
    assert alignment.cues[0].scores == {}


def test_what_is_not_heard_has_no_chance(fitted):
    first = transcribed(3, sure=0.8)[1][0].text
    alignment = aligned([first, "ponm ponm ponm ponm ponm ponm " * 9], calibration=fitted)
    assert alignment.cues[1].status == "not_spoken"
    assert alignment.cues[1].confidence == 0.0
    assert [word.confidence for word in alignment.cues[1].words] == [0.0] * 54


def test_what_is_placed_by_its_neighbours_has_no_chance_to_be_said_as_written(fitted):
    alignment = aligned(["ponm ponm ponm ponm ponm ponm"], calibration=fitted, scores=True)
    assert alignment.cues[0].status == "aligned"
    assert alignment.cues[0].confidence == 0.0
    assert [word.confidence for word in alignment.cues[0].words] == [0.0] * 6


def test_scores_by_name(fitted):
    alignment = aligned([], calibration=fitted, scores=True, score="free_error_rate")
    for cue in alignment.cues:
        assert set(cue.scores) == set(SCORES)
        assert cue.score == -cue.scores["free_error_rate"]
    again = type(alignment).from_dict(alignment.to_dict())
    assert again.cues == alignment.cues
    assert again.warnings == alignment.warnings
    chosen = aligned([], calibration=fitted, score="confidence")
    assert all(cue.score == cue.confidence for cue in chosen.cues)
    with pytest.raises(UsageError, match="score: got 'best', expected one of path, min_mean"):
        aligned([], calibration=fitted, score="best")


def test_a_model_without_a_calibration_gets_no_confidence(fitted):
    alignment = aligned([])
    assert all(cue.confidence is None for cue in alignment.cues)
    with pytest.raises(UsageError, match="made:up has no calibration"):
        aligned([], score="confidence")
    other = replace(fitted, model="hf:other")
    assert chosen_calibration(other, "made:up")[1] == [
        "confidence: the calibration was fitted for hf:other, the model is made:up"
    ]


def test_offsets_are_found():
    emission, utterances = transcribed(4)
    late = [replace(u, start=u.start - 0.1, end=u.end - 0.1) for u in utterances]
    plain = offsets(emission, utterances, Hearer(), "en").medians()
    moved = offsets(emission, late, Hearer(), "en").medians()
    assert moved["spike_delay"] - plain["spike_delay"] == pytest.approx(0.1, abs=0.001)
    assert moved["start_bias"] - plain["start_bias"] == pytest.approx(0.1, abs=0.001)
    assert moved["cues"] == len(utterances)
