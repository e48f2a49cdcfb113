"""The default preset: what the published loop loses is found, on speech whose times are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ctcalign.aligner.ipfa.cues import IpfaAlignment, align_ipfa
from ctcalign.aligner.ipfa.settings import DEFAULT, FAITHFUL, Settings
from ctcalign.emission.emission import Emission
from ctcalign.errors import UsageError
from ctcalign.text.vocabulary import Vocabulary
from tests.aligner.ipfa.ipfa_runs import RUNS, emission_of
from tests.aligner.spelled_emissions import VOCABULARY, Talk, words_of


def align(talk: Talk, texts: list[str], settings: Settings = DEFAULT) -> IpfaAlignment:
    emission = talk.emission()
    return align_ipfa(emission, [words_of(text) for text in texts], [(0.0, emission.duration)], settings)


def check(found: IpfaAlignment, spoken: dict[int, tuple[float, float]], within: float = 0.1) -> None:
    """Exactly these cues are found, at these times, in order and without overlap."""
    assert [n for n, cue in enumerate(found.cues) if cue.start is not None] == sorted(spoken)
    for number, (start, end) in spoken.items():
        cue = found.cues[number]
        assert cue.start == pytest.approx(start, abs=within)
        assert cue.end == pytest.approx(end, abs=within)
    parts = [part for cue in found.cues for part in cue.parts]
    assert all(a.end <= b.start + 0.021 for a, b in pairwise(parts))


def test_everything_said_is_found():
    talk = Talk(1).pause(1)
    texts = [talk.cue(talk.sentence(words)) for words in (3, 40, 8, 1, 12, 2, 25, 8)]
    found = align(talk, texts)
    check(found, dict(enumerate(talk.times)))
    assert [(part.first, part.stop) for part in found.cues[1].parts] == [(0, 13), (13, 26), (26, 40)]
    assert all(cue.status == "placed" and cue.score > -1 for cue in found.cues)


@pytest.mark.parametrize("seed", range(4))
def test_text_that_is_not_said_is_left_out_wherever_it_stands(seed):
    talk = Talk(seed)
    texts, spoken = [], {}
    for number in range(24):
        said = number not in {0, 1, 5, 11, 12, 13, 14, 20, 23}
        texts.append(talk.cue(talk.sentence()) if said else talk.sentence())
        if said:
            spoken[number] = talk.times[-1]
    check(align(talk, texts), spoken)


@pytest.mark.parametrize("seed", range(4))
def test_speech_without_text_is_passed_over(seed):
    talk = Talk(seed)
    for _ in range(12):
        talk.say(talk.sentence())  # half a minute at the beginning
    texts = [talk.cue(talk.sentence()) for _ in range(5)]
    for _ in range(200):
        talk.say(talk.sentence())  # ten minutes in the middle: the published method gives up after 500 s
    texts += [talk.cue(talk.sentence()) for _ in range(5)]
    check(align(talk, texts), dict(enumerate(talk.times)))


def test_the_place_is_found_again_behind_a_hundred_wrong_texts():
    talk = Talk(3)
    first = [talk.cue(talk.sentence()) for _ in range(4)]
    wrong = [talk.sentence() for _ in range(100)]
    last = [talk.cue(talk.sentence()) for _ in range(6)]
    times = [*range(4), *range(104, 110)]
    check(align(talk, first + wrong + last), dict(zip(times, talk.times, strict=True)))


def test_the_published_method_fails_where_the_mended_one_does_not():
    talk = Talk(3)
    texts = [talk.cue(talk.sentence()) for _ in range(3)] + [talk.sentence() for _ in range(20)]
    texts += [talk.cue(talk.sentence()) for _ in range(3)]
    published = align(talk, texts, FAITHFUL)
    wrong = [
        cue.start is None or abs(cue.start - start) > 0.5
        for cue, (start, _) in zip([*published.cues[:3], *published.cues[-3:]], talk.times, strict=True)
    ]
    assert any(wrong)
    check(align(talk, texts), dict(zip([0, 1, 2, 23, 24, 25], talk.times, strict=True)))


def test_repeated_sentences_keep_their_order():
    talk = Talk(5)
    chorus, verse = talk.sentence(6), [talk.sentence() for _ in range(3)]
    texts = [talk.cue(text) for text in (chorus, chorus, verse[0], chorus, verse[1], chorus, chorus, verse[2])]
    check(align(talk, texts), dict(enumerate(talk.times)))


def test_a_caption_written_twice_is_found_once():
    talk = Talk(6)
    texts = [talk.cue(talk.sentence()) for _ in range(5)]
    texts.insert(3, texts[2])
    found = align(talk, texts)
    assert sum(found.cues[n].start is not None for n in (2, 3)) == 1
    assert all(found.cues[n].start is not None for n in (0, 1, 4, 5))


def test_silence_at_the_end_changes_nothing():
    talk = Talk(7)
    texts = [talk.cue(talk.sentence()) for _ in range(6)]
    before = talk.emission()
    rest = np.full((3000, len(VOCABULARY)), -9.0, np.float32)
    rest[:, 0] = -0.01
    after = Emission(
        np.concatenate([before.log_probs, rest]), before.frame_shift, 0.0, VOCABULARY, before.duration + 60
    )
    cues = [words_of(text) for text in texts]
    one = align_ipfa(before, cues, [(0.0, before.duration)])
    two = align_ipfa(after, cues, [(0.0, after.duration)])
    assert [(cue.start, cue.end) for cue in one.cues] == [(cue.start, cue.end) for cue in two.cues]


def test_long_pauses_are_kept_out():
    talk = Talk(8)
    texts = [talk.cue(talk.sentence()) for _ in range(4)]
    edge = len(talk.labels) * 0.02
    talk.pause(40)
    again = len(talk.labels) * 0.02
    texts += [talk.cue(talk.sentence()) for _ in range(4)]
    emission = talk.emission()
    speech = [(0.0, edge), (again, emission.duration)]
    check(align_ipfa(emission, [words_of(text) for text in texts], speech), dict(enumerate(talk.times)))


def test_cues_without_labels_and_without_words():
    talk = Talk(9)
    found = align(talk, ["", talk.cue(talk.sentence()), ""])
    assert [cue.status for cue in found.cues] == ["no_labels", "placed", "no_labels"]
    assert align(talk, ["", ""]).cues[1].status == "no_labels"
    empty = Emission(np.zeros((0, len(VOCABULARY)), np.float32), 0.02, 0.0, VOCABULARY, 0.0)
    with pytest.raises(UsageError, match="recording is empty"):
        align_ipfa(empty, [], [])


def test_a_delay_of_the_model_is_taken_off():
    talk = Talk(10).pause(1)
    texts = [talk.cue(talk.sentence())]
    emission = talk.emission()
    [here] = align_ipfa(emission, [words_of(texts[0])], [(0.0, emission.duration)]).cues
    [early] = align_ipfa(emission, [words_of(texts[0])], [(0.0, emission.duration)], spike_delay=0.12).cues
    assert (early.start, early.end) == pytest.approx((here.start - 0.12, here.end - 0.12))


# The others are so noisy that their first and last letters cannot be heard.
CLEAR = [name for name in RUNS if not any(word in name for word in ("noisy", "garbled", "threshold", "L10", "stop"))]


@pytest.mark.parametrize("name", CLEAR)
def test_stored_runs_of_the_published_program_have_the_true_times(name):
    run = RUNS[name]
    vocabulary = Vocabulary(("<blank>", *"ABCDEFGH", " ", "<unk>"), separator=9, unknown=10)
    emission = Emission(emission_of(run), 0.02, 0.0, vocabulary, run["audio_seconds"])
    cues = [[[vocabulary.symbols.index(letter) for letter in word] for word in row.split()] for row in run["rows"]]
    found = align_ipfa(emission, cues, [tuple(stretch) for stretch in run["vad"]])
    spoken = run["spoken_words"]
    for row, cue in zip(run["rows"], found.cues, strict=True):
        words = row.split()
        places = [i for i in range(len(spoken)) if spoken[i : i + len(words)] == words]
        if not places:
            continue
        start, end = run["word_frames"][places[0]][0] * 0.02, run["word_frames"][places[0] + len(words) - 1][1] * 0.02
        assert cue.start == pytest.approx(start, abs=0.15)
        assert cue.end == pytest.approx(end, abs=0.25)


def noisy(talk: Talk, text: str, share: float) -> str:
    """The text with some of its words replaced by others."""
    words = text.split()
    for place in talk.rng.choice(len(words), round(share * len(words)), replace=False):
        words[place] = talk.sentence(1)
    return " ".join(words)


@pytest.mark.parametrize("seed", range(4))
def test_wrong_words_move_no_edge_far(seed):
    talk = Talk(seed)
    texts = [noisy(talk, talk.cue(talk.sentence(10)), 0.3) for _ in range(20)]
    found = align(talk, texts)
    near = [
        cue.start is not None and abs(cue.start - start) < 0.5 and abs(cue.end - end) < 0.5
        for cue, (start, end) in zip(found.cues, talk.times, strict=True)
    ]
    assert sum(near) >= 18
    assert all(cue.status in ("placed", "guessed") for cue in found.cues)


def test_a_first_and_a_last_word_that_are_wrong_cover_their_speech():
    talk = Talk(11)
    texts = [talk.cue(talk.sentence(9)) for _ in range(5)]
    # Never on both sides of one pause: a letter may then be taken for a neighbour's.
    for number, place in ((1, 0), (1, -1), (3, 0), (3, -1)):
        words = texts[number].split()
        words[place] = talk.sentence(1)
        texts[number] = " ".join(words)
    check(align(talk, texts), dict(enumerate(talk.times)), within=0.2)


def test_what_is_all_wrong_but_its_sound_is_guessed():
    talk = Talk(12)
    texts = [talk.cue(talk.sentence(9)) for _ in range(5)]
    texts[2] = noisy(talk, texts[2], 0.55)
    found = align(talk, texts)
    assert found.cues[2].status in ("placed", "guessed")
    assert found.cues[2].start == pytest.approx(talk.times[2][0], abs=0.3)
