from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.formats.captions import read_captions
from ctcalign.text.markup.spans import spans, spoken_text

DATA = Path(__file__).parents[3] / "shared" / "data"

SPOKEN = [
    # notes
    ("[MUSIC] Hello", "Hello"),
    ("[inaudible 00:12:14] yes", "yes"),
    ("he [sic] said", "he said"),
    ("[T]he end, walk[ed]", "[T]he end, walk[ed]"),
    ("over [MUSIC\nPLAYING] and out", "over and out"),
    ("and then [MUSIC", "and then"),
    ("PLAYING] and out", "and out"),
    ("（拍手）你好", "你好"),
    ("【音楽】はい", "はい"),
    ("（1984年）生まれ", "（1984年）生まれ"),
    ("*sighs* fine", "fine"),
    ("*really* fine", "*really* fine"),
    ("(laughs) Well", "Well"),
    ("(LAUGHS) (door slams)", ""),
    ("(Applause.)", ""),
    ("(phone rings)", ""),
    ("(horn honks) Hey", "Hey"),
    ("(speaking softly) no", "no"),
    ("(in French) oui", "oui"),
    ("(risas) (смех) (笑) (Musik)", ""),
    ("He was (pause) tired", "He was tired"),
    ("(classical music)", ""),
    ("born (in 1984) here", "born (in 1984) here"),
    ("judge (Lerigo and Allen), were", "judge (Lerigo and Allen), were"),
    ("(including me) (or something)", "(including me) (or something)"),
    ("(the door was open)", "(the door was open)"),
    ("(the engineer) (the latter)", "(the engineer) (the latter)"),
    ("(I was laughing so hard that day in June)", "(I was laughing so hard that day in June)"),
    ("(CHUCKLES) NO WAY (IN 1984) YES", "NO WAY (IN 1984) YES"),
    ("<unk> so <door slams> yes", "so yes"),
    # music
    ("♪ Happy days ♪", "Happy days"),
    ("â™ª Happy days â™ª", "Happy days"),
    ("# Happy birthday to you #", "Happy birthday to you"),
    ("♪♪", ""),
    ("♪ upbeat music playing ♪", ""),
    ("♪ play that music for me ♪", "play that music for me"),
    ("We are #1 and #metoo", "We are #1 and #metoo"),
    ("I play in C #", "I play in C #"),
    # speakers and dialogue
    ("SPEAKER: hi", "hi"),
    (">> READER: Hi", "Hi"),
    ("&gt;&gt; Hi", "Hi"),
    ("yes. >> JOHN: no", "yes. no"),
    ("JOHN SMITH: hi", "hi"),
    ("Dr. Brown: hi", "hi"),
    ("Jean : Bonjour", "Bonjour"),
    ("JOHN (on phone): hi", "hi"),
    ("MAN #2: hi", "hi"),
    ("Speaker 1: hi", "hi"),
    ("speaker 1: hi", "hi"),
    ("[John]: Hi", "Hi"),
    ("[NOISE] JOHN: hi", "hi"),
    ("<i>JOHN:</i> hi", "hi"),
    ("<b>JOHN</b>: hi", "hi"),
    ("READER: HELLO THERE", "HELLO THERE"),
    ("主持人：你好", "你好"),
    ("Ведущий: Привет", "Привет"),
    ("ИВАН: да", "да"),
    ("Line one\nBOB: hi", "Line one hi"),
    ("- Hi\n– Ho", "Hi Ho"),
    ("- (sighs) Hi", "Hi"),
    ("-5 degrees", "-5 degrees"),
    ("Q: Why?", "Why?"),
    ("10:30", "10:30"),
    ("At 10:30: tea", "At 10:30: tea"),
    ("He said: go", "He said: go"),
    ("HE SAID: GO", "HE SAID: GO"),
    ("他说：走", "他说：走"),
    ("note: this", "note: this"),
    ("Note: This is", "Note: This is"),
    ("Remember: don't", "Remember: don't"),
    ("St. John: 3:16", "St. John: 3:16"),
    ("Section five: Newgate", "Section five: Newgate"),
    ("We met at three: The usual", "We met at three: The usual"),
    ("http://x.org", "http://x.org"),
    # tags, entities, characters without sound
    ("<v Bob>Hi <c.yellow>you</c>", "Hi you"),
    ('<font color="#fff">Hi</font>', "Hi"),
    ("{\\an8}Hi\\Nyou{\\i1}", "Hi you"),
    ("{\\p1}m 0 0 l 10 10{\\p0}Hi", "Hi"),
    ("one<br/>two", "one two"),
    ("<b>W</b>ord wo\u200brd \u202bHi\u202c", "Word word Hi"),
    ("&lrm;BOB&rlm;: hi", "hi"),
    ("<ruby>漢字<rt>かんじ</rt></ruby>", "漢字"),
    ("AT&amp;T a&nbsp;b 50% &lt; 60%", "AT&T a b 50% < 60%"),
    ("&lt;i&gt;Hi&lt;/i&gt;", "Hi"),
    ("&unknown; &x", "&unknown; &x"),
    ("x < y and y > z", "x < y and y > z"),
    ("if a<b and c>d", "if a<b and c>d"),
    ("I <3 you", "I <3 you"),
    ("😀 Hi", "Hi"),
    ("...", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "spoken"), SPOKEN)
def test_what_is_spoken(text, spoken):
    assert spoken_text(text) == spoken


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (">> BOB: <i>Hi</i> &amp; bye", "speaker space speaker space tag text tag space entity space text"),
        ("♪ la [x] ♪", "music space text space note space music"),
        ("- a\n- b", "dash space text space dash space text"),
        ("a&nbsp;b", "text space text"),
    ],
)
def test_kinds(text, kinds):
    assert [span.kind for span in spans(text)] == kinds.split()


def test_an_entity_says_what_it_stands_for():
    (entity,) = (span for span in spans("AT&amp;T") if span.kind == "entity")
    assert (entity.start, entity.end, entity.spoken) == (2, 7, "&")


@pytest.mark.parametrize("text", ["[MUSIC]", "<i></i>", "♪", "(laughs)\n<b>[x]</b>", "- ...", "BOB:", ">>", "😀"])
def test_a_cue_of_mark_up_alone_has_no_spoken_span(text):
    assert not any(span.spoken for span in spans(text))


TAGS = "<i> </i> <v\tA> &amp; &nbsp; {\\an8} \\N \u200b 😀 < > { }"
SIGNS = "[ ] ( ) laughs BOB: >> -\t ♪ # * word ： 10:30 é ."
PIECES = st.sampled_from([*TAGS.split(" "), *SIGNS.split(" ")])


@given(st.one_of(st.lists(PIECES | st.sampled_from(" \n"), max_size=15).map("".join), st.text(max_size=40)))
def test_spans_cover_any_text_once_and_in_order(text):
    found = spans(text)
    assert [s.start for s in found] == [0, *(s.end for s in found[:-1])][: len(found)]
    assert (found[-1].end if found else 0) == len(text)
    assert all(s.start < s.end for s in found)
    assert not any(s.spoken and text[s.start : s.end].isspace() for s in found)


@given(st.text("abcdeéßяж漢 \n,.!?'0123456789", max_size=60))
def test_plain_text_is_spoken_as_it_is(text):
    words = text.split()
    assert spoken_text(text).split() == (words if any(c.isalnum() for c in text) else [])


@pytest.fixture(scope="module")
def norm():
    """The normalisation of the independent scoring program."""
    if not (DATA / "score_alignment.py").is_file():
        pytest.skip("the development recordings (../shared/data) are not beside the repository")
    spec = importlib.util.spec_from_file_location("score_alignment", DATA / "score_alignment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.norm


def caption_files(pattern: str) -> list[Path]:
    found = sorted(DATA.glob(f"dev/*/captions/{pattern}"))
    if not found:
        pytest.skip("the development recordings (../shared/data/dev) are not beside the repository")
    return found


def test_spoken_text_of_the_dev_captions_with_mark_up(norm):
    """Every cue of every recording. Figures are left to the readings: their words are put in by hand here."""
    import json

    cues = 0
    for path in [*caption_files("markup.srt"), *caption_files("markup.vtt")]:
        key = json.loads(path.with_suffix(".key.json").read_text("utf-8"))["utterances"]
        for cue, truth in zip(read_captions(path).cues, key, strict=True):
            said = spoken_text(cue.text).replace("1455", "fourteen fifty five")
            if path.parts[-3] == "sonnet" and cue.index == 0:
                said = said.replace("I", "one")  # the number of the sonnet
            assert norm(said) == truth["spoken_text_norm"], (path, cue.text)
            cues += 1
    assert cues > 500


def test_nothing_of_the_dev_captions_without_mark_up_is_taken_away(norm):
    cues = 0
    for path in caption_files("*.txt"):
        for cue in read_captions(path).cues:
            assert norm(spoken_text(cue.text)) == norm(cue.text), path
            cues += 1
    assert cues > 4000


@pytest.mark.parametrize("unit", ["BOB: a\n", ">> ", "<!--", "&lt;font ", "<b ", "(", "[", "a:", "# ", "{\\p1}"])
def test_a_whole_book_in_one_cue_takes_linear_time(unit):
    text = unit * 10000 + "<b " + "=" * 10000
    begin = time.process_time()
    found = spans(text)
    assert time.process_time() - begin < 3
    assert found[-1].end == len(text)
