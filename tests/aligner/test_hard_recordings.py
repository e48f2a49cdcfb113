"""The default aligner on the bundled talk with defects. docs/hard_recordings.md has the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctcalign.aligner.run import align
from ctcalign.models import load_model
from tests.aligner.hard_talks import UNSPOKEN, aligned, cases, compared

DEMO = Path(__file__).parents[2] / "egs" / "demo"
# These captions touch applause or storm.
BESIDE_NOISE = ("Please welcome", "Listen:", "The waves broke", "About 80%")
EXACT = 0.2  # seconds at either end


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Aligns a case when it is first requested; returns case, alignment and comparison."""
    model = load_model("builtin:en", "cpu")
    folder = tmp_path_factory.mktemp("hard")
    known, done = cases(), {}

    def result(name):
        if name not in done:
            case = known[name]()
            alignment = aligned(case, model, folder)
            done[name] = case, alignment, compared(alignment.cues, case.lines)
        return done[name]

    return result


@pytest.mark.parametrize("name", [name for name in cases() if name != "a speaker a channel, `--channel all`"])
def test_what_is_said_in_quiet_places_is_found_exactly_and_what_is_not_said_is_not(results, name):
    case, _, found = results(name)
    assert found.missed == []
    assert found.invented == []
    clear = {n: e for n, e in found.errors.items() if not case.lines[n].text.startswith(BESIDE_NOISE)}
    assert len(clear) >= 9
    assert max(clear.values()) < EXACT
    assert max(found.errors.values()) < 1.0


@pytest.mark.parametrize("name", ["unchanged", "50 dB quieter", "8 kHz", "20 dB too loud, clipped"])
def test_noise_beside_a_caption_is_no_part_of_it(results, name):
    _, _, found = results(name)
    assert max(found.errors.values()) < EXACT + 0.05


def test_unspoken_text_before_the_talk_is_marked_word_by_word(results):
    _, alignment, found = results("30 s of unspoken text before it")
    assert found.silent == list(range(len(UNSPOKEN)))
    assert all(word.status == "not_spoken" for cue in alignment.cues[: len(UNSPOKEN)] for word in cue.words)
    assert all(cue.reason == "not found in the audio" for cue in alignment.cues[: len(UNSPOKEN)])


def test_captions_without_sound_are_not_spoken(results):
    _, alignment, found = results("19 s of the audio missing")
    assert found.silent == [6, 7, 8, 9]
    assert [cue.start for cue in alignment.cues[6:10]] == [None] * 4


def test_sound_without_captions_is_listed(results):
    _, alignment, _ = results("19 s of the captions missing")
    inside = sum(max(0.0, min(end, 39.2) - max(start, 20.5)) for start, end in alignment.unwritten)
    assert inside > 0.9 * (39.2 - 20.5)


def test_music_is_no_speech(results):
    _, alignment, found = results("20 s of music before it")
    assert min(start for start, _ in alignment.unwritten) > 20.0
    _, _, plain = results("unchanged")
    assert [found.errors[n] for n in plain.errors] == pytest.approx(list(plain.errors.values()), abs=0.12)


@pytest.mark.parametrize("name", ["a chorus, spoken and written three times", "the same, three times in a row"])
def test_every_repetition_has_its_own_place(results, name):
    case, _, found = results(name)
    chorus = [n for n, line in enumerate(case.lines) if line.text.startswith("Three men lived there")]
    assert len(chorus) == 3
    assert max(found.errors[n] for n in chorus) < 0.1


@pytest.mark.parametrize("name", ["a chorus written three times, spoken twice", "the same, in a row"])
def test_of_three_repetitions_the_two_that_are_said_are_placed(results, name):
    case, alignment, found = results(name)
    chorus = [n for n, line in enumerate(case.lines) if line.text.startswith("Three men lived there")]
    assert [alignment.cues[n].status for n in chorus].count("aligned") == 2
    assert max(found.errors[n] for n in chorus if n in found.errors) < 0.1


@pytest.mark.parametrize("name", ["a speaker a channel, `--channel all`"])
def test_with_all_channels_each_caption_is_in_the_channel_of_its_speaker(results, name):
    case, alignment, found = results(name)
    assert found.missed == []
    for line, cue in zip(case.lines, alignment.cues, strict=True):
        if line.voice is not None:
            assert cue.channel == (0 if line.voice == "THOMAS" else 1)
    assert found.within(EXACT) >= len(found.errors) - 5
    assert max(found.errors.values()) < 1.0


def test_a_silent_channel_says_nothing(results):
    case, alignment, found = results("a speaker a channel, `--channel all`")
    (tea,) = [n for n, line in enumerate(case.lines) if line.text.startswith("These days")]
    assert found.errors[tea] < EXACT
    assert not any(24.6 < start < 25.8 for start, _ in alignment.unwritten)


def test_one_caption_of_a_talk_is_said_in_one_piece():
    """Long pauses in speech without captions are no reason to spread the words of a caption over them."""
    line = next(
        line for line in json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))["cues"] if line["index"] == 2
    )
    caption = "Tonight we hear about a lighthouse"  # its first words
    assert line["text"].startswith(caption)
    (cue,) = align(DEMO / "talk.ogg", [caption], "builtin:en", device="cpu").cues
    assert cue.start == pytest.approx(line["start"], abs=EXACT)
    assert cue.end <= line["end"] + EXACT  # speech that follows without a pause may be added to the caption
