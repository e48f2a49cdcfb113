"""The worth of the aligner's rules: each is switched off and on, and judged on recordings that did not choose it."""

from __future__ import annotations

import importlib

import pytest

from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.scoring.items import TimedFile, TimedItem
from ctcalign.text.tokeniser import Tokeniser
from recipes.noisy.rules import ALL, RULES, page_rows, right_decisions, without
from tests.aligner.spelled_emissions import VOCABULARY
from tests.calibration.made_up import MadeUpModel, transcribed


@pytest.mark.parametrize("name", RULES)
def test_every_rule_can_be_left_out_and_comes_back(name):
    emission, utterances = transcribed(3)
    lines = [utterance.text for utterance in utterances]
    transcript = transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en"), "en")
    options = AlignOptions(skips=RULES[name].costs, unwritten=False)
    places = [
        (importlib.import_module(f"ctcalign.aligner.{patch.split(':')[0]}"), patch.split(":")[1], value)
        for patch, value in RULES[name].patches
    ]
    before = [getattr(module, attribute) for module, attribute, _ in places]
    with without(RULES[name]):
        assert [getattr(module, attribute) for module, attribute, _ in places] == [value for _, _, value in places]
        cues = place_emission(emission, transcript, MadeUpModel(), options)[0].cues
    assert [getattr(module, attribute) for module, attribute, _ in places] == before
    assert all(cue.status == "aligned" for cue in cues)
    if name != ALL:
        assert places or RULES[name].costs != SkipCosts()


def test_the_decisions_are_those_of_spoken_and_unspoken_captions():
    emission, utterances = transcribed(3)
    other = transcribed(4)[1][0].text
    lines = [*(utterance.text for utterance in utterances), other]
    transcript = transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en"), "en")
    items = [TimedItem(u.text, u.start, u.end, index=i) for i, u in enumerate(utterances)]
    truth = TimedFile("truth", [*items, TimedItem(other, index=len(items), spoken=False)])
    count = len(lines)
    assert right_decisions(emission, transcript, MadeUpModel(), SkipCosts(), truth) == [count, count, count]
    near, far, total = right_decisions(emission, transcript, MadeUpModel(), None, truth)
    assert total == count
    assert near <= far < count  # the last caption is not left out


def test_a_recording_is_decided_by_the_others_and_not_by_its_own_variants():
    def row(share: float) -> dict[str, list[int]]:
        return {"exact": [round(100 * share), round(100 * share), 100]}

    rule = next(name for name in RULES if name != ALL)
    # The rule helps a and its noisy version much and harms b and c.
    counts = {
        "a": {ALL: row(0.9), rule: row(0.5)},
        "a+noise": {ALL: row(0.9), rule: row(0.5)},
        "b": {ALL: row(0.6), rule: row(0.8)},
        "c": {ALL: row(0.6), rule: row(0.8)},
    }
    lines = page_rows(counts, [ALL, rule])
    assert lines[2].split("|")[3:5] == [" 75.00 ", " 75.00 "]
    cells = [cell.strip() for cell in lines[3].split("|")]
    # Without it 65 %. Others decide: a and a+noise lose it (b and c would drop it), b and c keep it (a decides).
    assert cells[3:8] == ["65.00", "65.00", "55.00", "2 / 2", "40.0 (a)"]
