"""TTML and DFXP."""

from __future__ import annotations

import pytest

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats import render, write
from ctcalign.formats.captions import read_captions
from ctcalign.formats.converting import convert
from tests.formats.conftest import rows

TT = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"
 xmlns:ttm="http://www.w3.org/ns/ttml#metadata" %s><head><metadata>
 <ttm:agent xml:id="a1"><ttm:name>Ann</ttm:name></ttm:agent></metadata></head><body>%s</body></tt>"""


@pytest.mark.parametrize(
    ("rates", "begin", "end", "times"),
    [
        ("", "00:00:01.500", "00:01:00", (1.5, 60.0)),
        ("", "1.5s", "2500ms", (1.5, 2.5)),
        ("", "0.5m", "0.01h", (30.0, 36.0)),
        ('ttp:frameRate="25"', "00:00:01:05", "50f", (1.2, 2.0)),
        ("", "00:00:01:15", "00:00:02:00", (1.5, 2.0)),
        ('ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', "0f", "30000f", (0.0, 1001.0)),
        ('ttp:tickRate="10000000"', "15000000t", "20000000t", (1.5, 2.0)),
        ('ttp:frameRate="24" ttp:subFrameRate="2"', "00:00:01:12.1", "96t", (1.5208333333333333, 2.0)),
    ],
)
def test_ttml_times(reading, rates, begin, end, times):
    captions = reading(TT % (rates, f'<div><p begin="{begin}" end="{end}">Hi</p></div>'), "a.ttml")
    assert rows(captions) == [(*times, "Hi")]


def test_ttml_nesting_breaks_and_space(reading):
    body = """
      <div begin="10s">
        <p xml:id="c1" begin="1s" dur="2s" ttm:agent="a1">  Hello
            <span style="x">big <span>old</span></span> world<br/> and &amp; you&nbsp;too </p>
        <p begin="4s" end="5s" xml:space="preserve"> as  it
is </p>
        <p><span begin="6s" end="6.5s">one</span> <span begin="6.5s" end="7s">two</span></p>
        <p begin="soon" end="9s">bad</p>
        <p begin="9s" end="9s"></p>
      </div><div><p>never</p></div>"""
    captions = reading(TT % ("", body), "a.dfxp")
    assert rows(captions) == [
        (11.0, 13.0, "Hello big old world\nand & you\xa0too"),
        (14.0, 15.0, " as  it\nis "),
        (16.0, 17.0, "one two"),
        (None, None, "bad"),
        (19.0, 19.0, ""),
        (None, None, "never"),
    ]
    assert (captions.cues[0].id, captions.cues[0].speaker) == ("c1", "Ann")
    assert captions.cues[2].words == (CueWord("one", 16.0, 16.5), CueWord("two", 16.5, 17.0))
    assert any("unreadable times" in w and "cue 4" in w for w in captions.warnings)


def test_ttml_in_sequence_and_in_another_encoding(reading):
    body = '<div timeContainer="seq"><p dur="1s">é</p><p dur="2s">b</p></div>'
    text = (TT % ("", body)).replace("UTF-8", "ISO-8859-1")
    captions = reading(text.encode("latin-1"), "a.xml")
    assert rows(captions) == [(0.0, 1.0, "é"), (1.0, 3.0, "b")]
    assert (captions.encoding, captions.warnings) == ("iso8859-1", [])


@pytest.mark.parametrize(("content", "message"), [("<tt><body><p>", "not well-formed"), ("<html/>", "expected TTML")])
def test_other_xml_is_refused(reading, content, message):
    with pytest.raises(CaptionError, match=message):
        reading(content, "a.ttml")


def test_one_note_names_the_regions_and_styles_that_no_output_keeps(tmp_path):
    source, target = tmp_path / "a.ttml", tmp_path / "a.srt"
    source.write_text(
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling"><head><styling>'
        '<style xml:id="s" tts:color="red"/></styling><layout><region xml:id="top"/></layout></head><body><div>'
        '<p begin="1s" end="2s" region="top" style="s" xml:id="p1">Hello</p>'
        '<p begin="3s" end="4s">you <span tts:fontSize="50%" tts:fontStyle="italic">there</span></p></div></body></tt>'
    )
    (report,) = convert(source, [target])
    (note,) = report.notes
    assert note.endswith("header, region (1 cue), style (1 cue), span styles (1 cue)")
    assert [c.id for c in read_captions(source).cues] == ["p1", None]
    assert "you <i>there</i>" in target.read_text()


def test_styles_of_spans_are_tags_and_no_part_of_words(reading):
    head = (
        '<head><styling><style xml:id="s1" tts:fontStyle="italic"/><style xml:id="s2" tts:color="#00FF00"/></styling>'
        "</head>"
    )
    body = (
        '<p begin="1s" end="3s"><span begin="0s" end="1s" style="s1">one</span> '
        '<span begin="1s" end="2s" tts:fontWeight="bold" tts:textDecoration="underline lineThrough">two</span></p>'
        '<p begin="4s" end="5s">so <span style="s2">green</span> and <span tts:color="white">white</span></p>'
    )
    captions = reading(
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling">'
        f"{head}<body><div>{body}</div></body></tt>",
        "a.ttml",
    )
    assert rows(captions) == [
        (1.0, 3.0, "<i>one</i> <b><u><s>two</s></u></b>"),
        (4.0, 5.0, 'so <font color="#00ff00">green</font> and white'),
    ]
    assert spelled(captions) == [("one", 1.0, 2.0), ("two", 2.0, 3.0)]


def test_nothing_is_lost_of_a_file_that_was_written_here(tmp_path):
    cues = [AlignedCue(0, "so <i>it</i><br>goes", 1.0, 2.0, speaker="Ann")]
    write(Alignment("a.wav", 9.0, "m", cues, language="en"), tmp_path / "a.ttml")
    (report,) = convert(tmp_path / "a.ttml", [tmp_path / "b.ttml"])
    assert report.notes == []
    first, second = ((tmp_path / name).read_text(encoding="utf-8") for name in ("a.ttml", "b.ttml"))
    assert first.replace(' xml:lang="en"', "") == second.replace(' xml:lang=""', "")


def test_a_break_in_preserved_space_is_a_line_end(reading):
    body = '<p begin="1s" end="2s" xml:space="preserve">one<br/> two</p>'
    assert rows(reading(f'<tt xmlns="http://www.w3.org/ns/ttml"><body><div>{body}</div></body></tt>', "a.ttml")) == [
        (1.0, 2.0, "one\n two")
    ]


def test_tags_are_nested_spans_whatever_their_order():
    text = '<i>a <b>b</i> c</b> {\\u1}d{\\u0} <s><u>e</u></s><br><font color="#FF0000">f<font face="x">g</font>h</font>'
    alignment = Alignment("a.wav", 9.0, "m", [AlignedCue(0, text, 1.0, 2.0), AlignedCue(1, "שלום, <i>a</i>", 3.0, 4.0)])
    content = render(alignment, "ttml").content
    assert (
        '<span tts:fontStyle="italic">a </span><span tts:fontStyle="italic" tts:fontWeight="bold">b</span>'
        '<span tts:fontWeight="bold"> c</span> <span tts:textDecoration="underline">d</span> '
        '<span tts:textDecoration="lineThrough underline">e</span><br/>'
        '<span tts:color="#ff0000">f</span><span tts:color="#ff0000">g</span><span tts:color="#ff0000">h</span></p>'
    ) in content
    assert 'end="00:00:04.000" tts:direction="rtl">' in content


LYRICS = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:itunes="http://music.apple.com/lyric-ttml-internal" '
    'xmlns:ttm="http://www.w3.org/ns/ttml#metadata" itunes:timing="Word"><body dur="1:19.109">{}</body></tt>'
)


def spelled(captions) -> list[tuple[str, float | None, float | None]]:
    return [(word.text, word.start, word.end) for cue in captions.cues for word in cue.words]


def test_times_of_lyrics_count_from_zero_and_syllables_are_joined(reading):
    body = """
     <div begin="00:00:04.638" end="00:00:10.440">
      <p begin="00:00:04.638" end="00:00:07.157">
       <span begin="00:00:04.638" end="00:00:04.838">Good </span>
       <span begin="00:00:04.913" end="00:00:05.300">eve</span>
       <span begin="00:00:05.300" end="00:00:05.538">ning </span>
       <span begin="00:00:05.788" end="00:00:07.157">all</span>
      </p>
      <p begin="00:00:07.707" end="00:00:10.440">Tonight we hear</p>
     </div>"""
    captions = reading(LYRICS.format(body), "a.ttml")
    assert rows(captions) == [(4.638, 7.157, "Good evening all"), (7.707, 10.44, "Tonight we hear")]
    assert spelled(captions) == [("Good", 4.638, 4.838), ("evening", 4.913, 5.538), ("all", 5.788, 7.157)]
    assert captions.warnings == []


def test_minutes_and_seconds_background_vocals_and_translations_of_lyrics(reading):
    body = (
        '<div begin="00:04.638" end="12.94"><p begin="00:04.638" end="00:07.157">'
        '<span begin="00:04.638" end="4.838">Good</span> <span begin="4.913" end="5.2">eve</span>'
        '<span begin="5.2" end="5.538">ning,</span>'
        '<span ttm:role="x-bg" begin="6.2" end="00:07.157"><span begin="6.2" end="6.3">(to</span> '
        '<span begin="6.3" end="7.157">all)</span><span ttm:role="x-translation" xml:lang="es">(a todos)</span></span>'
        '<span ttm:role="x-translation" xml:lang="es">Buenas noches</span>'
        '<span ttm:role="x-roman" xml:lang="es-Latn">buenas</span></p>'
        '<p begin="1:02.5" end="1:04">Tonight</p></div>'
    )
    captions = reading(LYRICS.format(body), "a.ttml")
    assert rows(captions) == [(4.638, 7.157, "Good evening,\n(to all)"), (62.5, 64.0, "Tonight")]
    assert [word[0] for word in spelled(captions)] == ["Good", "evening,", "(to", "all)"]
    assert spelled(captions)[2] == ("(to", 6.2, 6.3)
    assert captions.cues[0].attributes["translation es"] == "Buenas noches"
    assert captions.cues[0].attributes["romanisation es-Latn"] == "buenas"
    assert len(captions.warnings) == 1
    assert "3 lines" in captions.warnings[0]


def test_times_that_fit_into_their_parents_from_zero_alone_count_from_zero(reading):
    body = "".join(
        f'<div begin="{k}s" end="{k + 10}s"><p begin="{k + 1}s" end="{k + 4}s">a</p>'
        f'<p begin="{k + 5}s" end="{k + 9}s">b</p></div>'
        for k in (20, 40)
    )
    captions = reading(f'<tt xmlns="http://www.w3.org/ns/ttml"><body>{body}</body></tt>', "a.ttml")
    assert [cue.span for cue in captions.cues] == [(21.0, 24.0), (25.0, 29.0), (41.0, 44.0), (45.0, 49.0)]
    assert any("counted from zero" in warning for warning in captions.warnings)


def test_times_of_the_standard_count_from_the_parent_also_in_a_file_of_lyrics(reading):
    body = "".join(
        f'<div begin="{k}s" end="{k + 10}s"><p begin="1s" end="4s">a</p><p begin="5s" end="9s">b</p></div>'
        for k in (20, 40)
    )
    for text in (f'<tt xmlns="http://www.w3.org/ns/ttml"><body>{body}</body></tt>', LYRICS.format(body)):
        captions = reading(text, "a.ttml")
        assert [cue.span for cue in captions.cues] == [(21.0, 24.0), (25.0, 29.0), (41.0, 44.0), (45.0, 49.0)]
        assert captions.warnings == []
