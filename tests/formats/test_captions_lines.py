"""STM, CTM, Kaldi, Audacity, TSV, LRC and ASS: formats with a cue or word a line."""

from __future__ import annotations

import time

import pytest

from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.captions import read_captions


def rows(captions):
    return [(c.start, c.end, c.text) for c in captions.cues]


def test_stm(reading):
    content = (
        ";; comment\ntalk 1 Ann 0.50 2.25 <o,f0,female> hello there\ntalk 1 inter_segment_gap 2.25 3 <o,,> "
        "ignore_time_segment_in_scoring\ntalk 1 Bob 3 4.5 <unk> you\ntalk 1 Bob 5 6\ntalk 1 Bob x 6 late\nbad line\n"
    )
    captions = reading(content, "a.stm")
    assert rows(captions) == [
        (0.5, 2.25, "hello there"),
        (2.25, 3.0, ""),
        (3.0, 4.5, "<unk> you"),
        (5.0, 6.0, ""),
        (None, None, "late"),
        (None, None, "bad line"),
    ]
    assert [c.speaker for c in captions.cues] == ["Ann", None, "Bob", "Bob", "Bob", None]
    assert any("unreadable times" in w and "line 6" in w for w in captions.warnings)
    assert any("fewer than five columns" in w and "line 7" in w for w in captions.warnings)
    assert captions.recording == "talk"


def test_files_of_several_recordings_need_a_choice(reading):
    content = "".join(f"talk{i} A s 0 1 text {i}\ntalk{i} B s 0 1 other {i}\n" for i in range(9))
    with pytest.raises(CaptionError, match=r"9 recordings \(talk0, .*4 more"):
        reading(content, "a.stm")
    captions = reading(content, "a.stm", recording="talk3")
    assert [(c.text, c.channel) for c in captions.cues] == [("text 3", 0), ("other 3", 1)]


def test_ctm_words_are_grouped_by_pauses(reading):
    content = (
        ";; made by hand\na 1 0.10 0.20 one 0.9\na 1 0.30 0.20 two NA\na 1 1.00 0.50 three 0.5 lex Ann\n"
        "a 1 <ALT_BEGIN>\na 1 1.50 0.10 four\na 1 <ALT>\na 1 1.50 0.10 for\na 1 <ALT_END>\na 1 bad five\n"
    )
    captions = reading(content, "a.ctm")
    assert rows(captions) == [(0.1, 0.5, "one two"), (1.0, 1.5, "three"), (1.5, 1.6, "four five")]
    assert captions.cues[0].words == (CueWord("one", 0.1, 0.3, 0.9), CueWord("two", 0.3, 0.5))
    assert captions.cues[1].speaker == "Ann"
    assert captions.cues[2].words == (CueWord("four", 1.5, 1.6), CueWord("five"))  # no times: stays with its neighbour
    assert [c.channel for c in captions.cues] == [None] * 3
    assert any("the first is read" in w for w in captions.warnings)
    assert any("fewer than five" in w and "line 10" in w for w in captions.warnings)


def test_ctm_channels_and_long_stretches(reading):
    content = "".join(f"a {c} {i * 1.0:.2f} 0.90 w{i}\n" for c in (1, 2) for i in range(30))
    captions = reading(content, "a.ctm")
    assert [(c.channel, len(c.words)) for c in captions.cues] == [(0, 20), (0, 10), (1, 20), (1, 10)]
    assert sum(len(c.words) for c in captions.cues) == 60


def kaldi(folder, **files):
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    return folder


def test_kaldi_directory(tmp_path):
    folder = kaldi(
        tmp_path,
        text="ann-a-2 two words\nann-a-1 one\nbob-b-1 other\nann-a-3 lost\nann-a-4\n",
        segments="ann-a-1 a 0.5 1.0\nann-a-2 a 2.0 3.5\nbob-b-1 b 0 1\nann-a-4 a 4.0 -1\nann-a-9 a 7 8\n",
        utt2spk="ann-a-1 ann\nann-a-2 ann\nbob-b-1 bob\n",
        reco2file_and_channel="a file B\nb file A\n",
    )
    with pytest.raises(CaptionError, match=r"2 recordings \(a, b\)"):
        read_captions(folder)
    captions = read_captions(folder, recording="a")
    assert [(c.id, c.start, c.end, c.text, c.speaker, c.channel) for c in captions.cues if c.id != "ann-a-3"] == [
        ("ann-a-1", 0.5, 1.0, "one", "ann", 1),
        ("ann-a-2", 2.0, 3.5, "two words", "ann", 1),
        ("ann-a-4", None, None, "", None, 1),
    ]
    assert "ann-a-3" in [c.id for c in captions.cues]
    for note in ("not in segments", "segment without an end", "segments without text (1, first ann-a-9)"):
        assert any(note in w for w in captions.warnings), note
    assert read_captions(folder / "text", recording="b").cues[0].text == "other"


def test_kaldi_text_without_segments(tmp_path):
    folder = kaldi(tmp_path, text="u1 hello you\nu2 and you\n")
    with pytest.raises(CaptionError, match="2 recordings"):
        read_captions(folder)
    (cue,) = read_captions(folder, recording="u2").cues
    assert (cue.text, cue.start) == ("and you", None)
    # A file that happens to be called "text", with nothing of Kaldi beside it, is text.
    assert read_captions(folder / "text").format == "txt"


def test_audacity_labels(reading):
    content = "0.500000\t1.250000\thello\tyou\n\\\t100.0\t2000.0\n2,5\t2,5\tpoint\n3.0\t4.0\t\nx\t4.0\tbad\n"
    captions = reading(content, "labels.txt", format="audacity")
    assert rows(captions) == [(0.5, 1.25, "hello\tyou"), (2.5, 2.5, "point"), (3.0, 4.0, ""), (None, None, "bad")]
    assert any("unreadable times" in w and "line 5" in w for w in captions.warnings)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("start\tend\ttext\n500\t1250\tHello\n1250\t2000\tyou\n", [(0.5, 1.25, "Hello"), (1.25, 2.0, "you")]),
        ("start\tend\ttext\n0.5\t1.25\tHello\n1.25\t2\tyou\n", [(0.5, 1.25, "Hello"), (1.25, 2.0, "you")]),
        ("text\tstart (ms)\tend (ms)\nHello\t500\t1250\n", [(0.5, 1.25, "Hello")]),
        ("0.5\t1.25\tHello\n", [(0.5, 1.25, "Hello")]),
        (
            "start\tend\ttext\n00:00:01.5\t0:02\tHello\tyou\n\t\tlost\n",
            [(1.5, 2.0, "Hello\tyou"), (None, None, "lost")],
        ),
    ],
)
def test_tsv(reading, content, expected):
    assert rows(reading(content, "a.tsv")) == expected


def test_tsv_of_ours(reading):
    cues = reading(
        "index\tstart\tend\tstatus\tscore\tconfidence\ttext\n0\t0.500\t1.250\taligned\t-0.5\t\ta\\tb\\nc\\\\n\n1\t\t\tfailed\t\t\td\n",
        "a.tsv",
    )
    assert rows(cues) == [(0.5, 1.25, "a\tb\nc\\n"), (None, None, "d")]
    words = reading(
        "index\tword\tstart\tend\tstatus\tscore\tconfidence\treason\ttext\n0\t0\t0.5\t0.75\taligned\t-0.5\t\t\tone\n"
        "0\t1\t5\t6\taligned\t\t\t\ttwo\n1\t0\t\t\tfailed\t\t\tno room\tthree\n",
        "a.tsv",
    )
    assert rows(words) == [(0.5, 6.0, "one two"), (None, None, "three")]
    assert words.cues[0].words == (CueWord("one", 0.5, 0.75, -0.5), CueWord("two", 5.0, 6.0))


def test_lrc(reading):
    content = (
        "[ar:Nobody]\n[offset:+500]\n[00:01.50][00:10.5]Chorus [x]\n[00:03.00]\n[00:04:00] Verse\nloose line\n"
        "[00:05.50]<00:05.50>Hel<00:05.75>lo <00:06.00>you<00:06.50>\n"
    )
    captions = reading(content, "a.lrc")
    assert rows(captions) == [
        (1.0, 2.5, "Chorus [x]"),
        (3.5, 5.0, "Verse"),
        (None, None, "loose line"),
        (5.0, 6.0, "Hello you"),
        (10.0, 10.0, "Chorus [x]"),
    ] or rows(captions)[2:] == [(5.0, 6.0, "Hello you"), (10.0, 10.0, "Chorus [x]"), (None, None, "loose line")]
    assert next(c for c in captions.cues if c.words).words == (CueWord("Hello", 5.0, 5.5), CueWord("you", 5.5, 6.0))
    assert any("without a time" in w and "line 6" in w for w in captions.warnings)


ASS = """[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def test_ass(reading):
    content = ASS + (
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\\an8}Hello, you\\Nand\\hyou\n"
        "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,hidden\n"
        "Dialogue: 0,0:00:xx.00,0:00:02.50,Default,,0,0,0,,bad time\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default\n"
        "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\k20}Hel{\\k10}lo {\\k30\\1c&HFF&}you{\\k40} {\\kf50}too\n"
    )
    captions = reading(content, "a.ass")
    assert rows(captions) == [
        (1.0, 2.5, "{\\an8}Hello, you\nand\xa0you"),
        (None, None, "bad time"),
        (3.0, 4.0, "Default"),
        (5.0, 6.0, "Hello {\\1c&HFF&}you too"),
    ]
    assert captions.cues[0].speaker == "Ann"
    assert captions.cues[3].words == (CueWord("Hello", 5.0, 5.3), CueWord("you", 5.3, 5.6), CueWord("too", 6.0, 6.5))
    assert any("unreadable times" in w and "line 8" in w for w in captions.warnings)


def test_ssa_has_other_columns(reading):
    content = (
        "[Script Info]\nScriptType: v4.00\n\n[Events]\nFormat: Marked, Start, End, Style, Actor, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,Bob,Hi, you\n"
    )
    (cue,) = reading(content, "a.ssa").cues
    assert (cue.start, cue.end, cue.text, cue.speaker) == (1.0, 2.0, "Hi, you", "Bob")


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\nx\n\n" * 3000),
        ("lrc", "loose\n" * 10000),
        ("lrc", "[00:01.00]x\nloose\n" * 5000),
        ("ctm", "a 1 bad\n" * 10000),
        ("ctm", "".join(f"a 1 {i / 10:.1f} 0.1 x\n" for i in range(10000))),
    ],
)
def test_long_and_odd_files_take_linear_time(reading, format, content):
    begin = time.process_time()
    captions = reading(content, "a", format=format)
    assert time.process_time() - begin < 3  # a twentieth of it on an idle core; quadratic ways took 10 and more
    assert sum(len(c.text.split()) for c in captions.cues) >= 3000
