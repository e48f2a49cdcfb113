"""Transcripts as players and services give them: stamps are times; clock times that somebody speaks stay words."""

from __future__ import annotations

import pytest

from tests.formats.conftest import rows

A, B, C = "good evening and welcome", "to the harbour museum", "tonight we hear about a light"
PLAIN = [(6.0, 8.0, A), (8.0, 71.0, B), (71.0, pytest.approx(72.933, abs=0.01), C)]

DIALECTS = {
    "panel of YouTube": f"0:06\n{A}\n0:08\n{B}\n1:11\n{C}\n",
    "panel with words": f"0:06\n6 seconds\n{A}\n0:08\n8 seconds\n{B}\n1:11\n1 minute, 11 seconds\n{C}\n",
    "with hours": f"00:00:06\n{A}\n\n00:00:08\n{B}\n\n00:01:11\n{C}\n",
    "full width": f"0：06\n{A}\n0：08\n{B}\n1：11\n{C}\n",
    "brackets alone": f"[00:00:06]\n{A}\n\n[00:00:08]\n{B}\n\n[00:01:11]\n{C}\n",
    "an arrow to nothing": f"0:06 -->\n{A}\n0:08 -->\n{B}\n1:11 -->\n{C}\n",
    "before the text": f"0:06 {A}\n0:08 {B}\n1:11 {C}\n",
    "a tab": f"0:06\t{A}\n0:08\t{B}\n1:11\t{C}\n",
    "brackets": f"[00:00:06] {A}\n[00:00:08] {B}\n[00:01:11] {C}\n",
    "parentheses": f"(0:06) {A}\n(0:08) {B}\n(1:11) {C}\n",
    "a dash": f"00:06 - {A}\n00:08 - {B}\n01:11 - {C}\n",
    "a colon": f"00:06: {A}\n00:08: {B}\n01:11: {C}\n",
    "a time code": f"00:00:06:00 {A}\n00:00:08:00 {B}\n00:01:11:12 {C}\n",
    "no blank": f"[00:00:06]{A}\n[00:00:08]{B}\n[00:01:11]{C}\n",
    "a list": f"- 0:06 {A}\n- 0:08 {B}\n- 1:11 {C}\n",
    "Markdown": f"**0:06** {A}\n**0:08** {B}\n**1:11** {C}\n",
    "lyrics": f"[00:06] {A}\n[00:08] {B}\n[01:11] {C}\n",
}


@pytest.mark.parametrize("name", DIALECTS)
def test_stamps_are_times(reading, name):
    captions = reading(DIALECTS[name], "a.txt")
    if name == "lyrics":  # LRC, whose last line has no length
        assert rows(captions)[:2] == PLAIN[:2]
    else:
        assert rows(captions) == PLAIN
        assert captions.format == "transcript"
        assert any("read as transcript" in warning for warning in captions.warnings)


RANGES = {
    "whisper": f"[00:06.400 --> 00:08.000]   {A}\n[00:08.500 --> 01:11.250]  {B}\n",
    "whisper.cpp": f"[00:00:06.400 --> 00:00:08.000]   {A}\n[00:00:08.500 --> 00:01:11.250]  {B}\n",
    "dashes": f"0:06.4 - 0:08\n{A}\n0:08.5 - 1:11.25\n{B}\n",
    "brackets and a dash": f"[0:06.400-0:08.000] {A}\n[0:08.500-1:11.250] {B}\n",
    "to": f"(00:06.40 to 00:08.00) {A}\n(00:08.50 to 01:11.25) {B}\n",
    "seconds": f"[6.40s -> 8.00s] {A}\n[8.50s -> 71.25s] {B}\n",
    "seconds in parentheses": f"(6.4 - 8.0) {A}\n(8.5 - 71.25) {B}\n",
    "commas": f"00:00:06,400 – 00:00:08,000\n{A}\n00:00:08,500 – 00:01:11,250\n{B}\n",
}


@pytest.mark.parametrize("name", RANGES)
def test_ranges_are_times(reading, name):
    assert rows(reading(RANGES[name], "a.txt")) == [(6.4, 8.0, A), (8.5, 71.25, B)]


def test_one_line_of_whisper_is_enough(reading):
    assert rows(reading(f"[00:00.000 --> 00:05.000]  {A}\n", "a.txt")) == [(0.0, 5.0, A)]


SPEAKERS = {
    "Otter": f"Anna Smith  0:06  \n{A}\n\nSpeaker 2  0:08  \n{B}\n\nAnna Smith  1:11  \n{C}\n",
    "Rev": f"Anna Smith (00:06):\n{A}\n\nSpeaker 2 (00:08):\n{B}\n\nAnna Smith (01:11):\n{C}\n",
    "Descript": f"Anna Smith [00:00:06]: {A}\n\nSpeaker 2 [00:00:08]: {B}\n\nAnna Smith [00:01:11]: {C}\n",
    "colon": f"Anna Smith: [00:00:06] {A}\nSpeaker 2: [00:00:08] {B}\nAnna Smith: [00:01:11] {C}\n",
    "Recorder": f"Anna Smith\n00:06\n{A}\n\nSpeaker 2\n00:08\n{B}\n\nAnna Smith\n01:11\n{C}\n",
    "Zoom": f"[Anna Smith] 00:00:06\n{A}\n\n[Speaker 2] 00:00:08\n{B}\n\n[Anna Smith] 00:01:11\n{C}\n",
    "Teams": f"0:0:6.0 --> 0:0:8.0\nAnna Smith\n{A}\n\n0:0:8.0 --> 0:1:11.0\nSpeaker 2\n{B}\n\n"
    f"0:1:11.0 --> 0:1:12.933\nAnna Smith\n{C}\n",
    "stamp and name": f"0:06 Anna Smith\n{A}\n\n0:08 Speaker 2\n{B}\n\n1:11 Anna Smith\n{C}\n",
    "name, stamp, colon": f"Anna Smith 0:06: {A}\nSpeaker 2 0:08: {B}\nAnna Smith 1:11: {C}\n",
    "bar": f"Anna Smith | 00:06\n{A}\n\nSpeaker 2 | 00:08\n{B}\n\nAnna Smith | 01:11\n{C}\n",
}


@pytest.mark.parametrize("name", SPEAKERS)
def test_names_beside_stamps_are_speakers(reading, name):
    captions = reading(SPEAKERS[name], "a.txt")
    assert rows(captions) == PLAIN
    assert [cue.speaker for cue in captions.cues] == ["Anna Smith", "Speaker 2", "Anna Smith"]


@pytest.mark.parametrize(
    "text",
    [
        "9:30 coffee and cake\n10:00 the first talk\n12:15 lunch in the hall\n13:45 the second talk\n",
        "It is 9:30 now.\n10:15 was too late for us.\nWe left.\nAnd so on.\n",
        "We start at 9:30\nand finish\nin the evening\nwe hope\nat 10:15\n",
        "The trains leave\n6:12 to Paris\n6:47 to Rome\n7:03 to Bonn\n",
        "John 3:16\nPsalm 23:1\nLuke 2:14\n",
        "The score was\n3:1\nand then\nit was 2:2 again\n",
        "0:06\n0:08\n0:11\n",
        "At 9:30 every night someone climbed the 112 steps.\nThe storm came at 9:45.\n",
    ],
)
def test_spoken_times_stay(reading, text):
    captions = reading(text, "a.txt")
    assert captions.format == "txt"
    assert [cue.text for cue in captions.cues] == text.strip().split("\n")


def test_text_above_the_first_stamp_and_lines_of_a_paragraph_are_kept(reading):
    captions = reading(f"My talk\n\n0:06\n{A}\n{B}\n0:08\n{C}\n", "a.txt")
    assert [cue.text for cue in captions.cues] == ["My talk", f"{A}\n{B}", C]
    assert captions.cues[0].span is None


def test_named_as_text_everything_is_text(reading):
    assert len(reading(DIALECTS["panel of YouTube"], "a.txt", format="txt").cues) == 6


def test_stamps_behind_the_text_are_neither_words_nor_known_times(reading):
    captions = reading(f"{A} (0:06)\n{B} (0:08)\n{C} (1:11)\n", "a.txt")
    assert rows(captions) == [(None, None, A), (None, None, B), (None, None, C)]
