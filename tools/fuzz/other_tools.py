"""Small caption files in the shapes that other tools write: (reader, file name, text)."""

from __future__ import annotations

_ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, Alignment
Style: Default,Arial,20,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,a comment
Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\an8}Hello, {\i1}there{\i0}\Nyou
Dialogue: 0,0:00:03.00,0:00:05.00,Default,,0,0,0,,{\k50}Hel{\k30}lo {\kf120}world
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\p1}m 0 0 l 100 0{\p0}
"""
_VTT = """WEBVTT - title
Kind: captions
X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000

STYLE
::cue { color: red }

REGION
id:fred width:40%

NOTE a note

one
00:01.000 --> 00:02.500 align:start position:0%
<v Ann>Hello <00:01.500><c>there</c>

00:03.000 --> 00:05.000
<v.loud Bob>Good <b>evening</b>, &amp; welcome
"""
_ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.080 --> 00:00:02.470 align:start position:0%
 
good<00:00:00.320><c> evening</c><00:00:00.640><c> and</c>

00:00:02.470 --> 00:00:02.480 align:start position:0%
good evening and
 

00:00:02.480 --> 00:00:05.190 align:start position:0%
good evening and
welcome<00:00:02.800><c> to</c><00:00:03.040><c> the</c><00:00:03.120><c> show</c>
"""
_SRT = """1
00:00:01,000 --> 00:00:02,500
<font color="#ff0000">Hello</font> there,
<i>you</i>

2
00:00:03.000 -> 00:00:05.000
{\\an8}ANN: Good evening (laughs)

00:00:05 --> 00:00:06
no number
"""
_TTML = """<?xml version="1.0" encoding="utf-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"
    xmlns:ttm="http://www.w3.org/ns/ttml#metadata" ttp:frameRate="25" ttp:tickRate="10000000"
    ttp:frameRateMultiplier="1000 1001" xml:lang="en">
<head><metadata><ttm:agent type="person" xml:id="a1"><ttm:name type="full">Ann</ttm:name></ttm:agent></metadata></head>
<body begin="0s"><div timeContainer="seq">
<p begin="00:00:01.000" end="00:00:02:12" xml:id="p1" ttm:agent="a1">Hello<br/>there</p>
<p begin="30000000t" dur="1500ms"><span begin="0s" end="0.5s">Good</span> <span begin="500ms">evening</span></p>
<p begin="75f" end="0.1m">&amp; &eacute;t&#233;</p>
</div></body></tt>
"""
_APPLE = """<tt xmlns="http://www.w3.org/ns/ttml" xmlns:itunes="http://music.apple.com/lyric-ttml-internal"
 xmlns:ttm="http://www.w3.org/ns/ttml#metadata" itunes:timing="Word" xml:lang="en"><head><metadata/></head>
<body dur="1:05.000"><div begin="1.000" end="4.000" itunes:song-part="Verse">
<p begin="1.000" end="3.000" itunes:key="L1" ttm:agent="v1"><span begin="1.000" end="1.500">Hello</span> \
<span begin="1.500" end="2.900">there</span><span ttm:role="x-translation" xml:lang="de">Hallo</span></p>
</div></body></tt>
"""
_JSON3 = """{"wireMagic": "pb3", "events": [
{"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1},
{"tStartMs": 80, "dDurationMs": 4000, "wWinId": 1, "segs": [{"utf8": "good", "acAsrConf": 0},
 {"utf8": " evening", "tOffsetMs": 320}]},
{"tStartMs": 2470, "dDurationMs": 10, "aAppend": 1, "segs": [{"utf8": "\\n"}]},
{"tStartMs": 2480, "dDurationMs": 4000, "segs": [{"utf8": "welcome back"}]}]}
"""
_WHISPER = """{"text": " Hello there. Good evening.", "language": "en", "segments": [
{"id": 0, "seek": 0, "start": 0.5, "end": 1.5, "text": " Hello there.", "tokens": [1, 2], "avg_logprob": -0.2,
 "words": [{"word": " Hello", "start": 0.5, "end": 0.9, "probability": 0.9},
  {"word": " there.", "start": 0.9, "end": 1.5, "probability": 0.8}]},
{"id": 1, "start": 2, "end": 3.25, "text": " Good evening.", "speaker": "SPEAKER_00"}]}
"""
_WHISPER_CPP = """{"transcription": [{"timestamps": {"from": "00:00:00,500", "to": "00:00:01,500"},
 "offsets": {"from": 500, "to": 1500}, "text": " Hello there.", "tokens": [
 {"text": "[_BEG_]", "offsets": {"from": 0, "to": 0}, "p": 0.9},
 {"text": " Hel", "offsets": {"from": 500, "to": 700}, "p": 0.9},
 {"text": "lo", "timestamps": {"from": "00:00:00,700", "to": "00:00:00,900"}, "p": 0.7}]}]}
"""
_CHUNKS = """{"text": "Hello there", "chunks": [{"text": " Hello", "timestamp": [0.0, 0.5]},
 {"text": " there", "timestamp": [0.5, null]}]}
"""
_WORDS = """{"duration": 3, "words": [{"word": "Hello", "start": 0.5, "end": 0.9, "confidence": 0.9, "speaker": 0},
 {"word": "there", "start": 0.9, "end": 1.5, "confidence": 0.5, "speaker": 1}]}
"""
_TRANSCRIPT_API = """[{"text": "hello there", "start": 0.08, "duration": 4.1},
 {"text": "good evening", "start": 2.48, "duration": 3.5}]
"""
_SUPERVISIONS = """{"id": "s1", "recording_id": "talk", "start": 0.5, "duration": 1.0, "channel": 0, \
"text": "hello there", "language": "en", "speaker": "ann", "custom": {"confidence": 0.9}, \
"alignment": {"word": [["hello", 0.5, 0.4, 0.9], {"symbol": "there", "start": 0.9, "duration": 0.5, "score": -1}]}}
{"id": "s2", "recording_id": "talk", "start": 2, "duration": 1.5, "channel": [0], "text": "good evening"}
"""
_CUTS = """[{"id": "c", "start": 1.0, "duration": 4.0, "channel": 0, "type": "MonoCut", "recording": {"id": "talk", \
"sources": [{"type": "file", "channels": [0], "source": "talk.wav"}], "sampling_rate": 16000, "num_samples": 200000, \
"duration": 12.5}, "supervisions": [{"id": "s", "recording_id": "talk", "start": 0.5, "duration": 1.0, "channel": 0, \
"text": "hello there"}]}, {"id": "m", "type": "MixedCut", "tracks": [{"offset": 0.5, "cut": {"id": "d", "start": 0, \
"duration": 2, "channel": 0, "supervisions": [{"id": "t", "recording_id": "r", "start": 0, "duration": 1, \
"text": "yes"}]}}]}]
"""
_LRC = """[ti:Title]
[ar:Artist]
[offset:+500]
[00:01.00][00:10.50]Hello there
[00:03.5]<00:03.50>Good <00:04.00>evening<00:04.60>
[00:05:20]old spelling
[01:02.345]
"""
_TSV = "start\tend\ttext\n500\t1500\tHello there\n2000\t3250\tGood evening\n"
_TSV_SECONDS = (
    "id\tspeaker\tbegin (s)\tend (s)\ttranscript\nu1\tann\t0.5\t1.5\tHello there\nu2\tbob\t0:02\t0:03.25\tYes\n"
)
_STM = """;; CATEGORY "0" "" ""
talk A Ann 0.50 1.50 <o,f0,female> hello there {a / b / @}
talk B Bob 2.00 3.25 <o> good evening
talk A inter_segment_gap 3.25 4.00 ignore_time_segment_in_scoring
"""
_CTM = """;; a comment
talk A 0.50 0.40 hello 0.98 lex Ann
talk A 0.90 0.60 there 0.75
talk B * * <ALT_BEGIN>
talk B 2.00 0.30 good
talk B * * <ALT>
talk B 2.00 0.30 could
talk B * * <ALT_END>
"""
_TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
3.5
<exists>
3
"IntervalTier"
"Ann - words"
0
3.5
3
0
0.5
""
0.5
0.9
"hello"
0.9
3.5
"say ""hi"" "
"IntervalTier"
"Ann - phones"
0 3.5
1
0 3.5 "sil"
"TextTier"
"points"
0
3.5
1
1.5
"click"
"""
_AUDACITY = "0.500000\t1.500000\tHello there\n\\\t100.0\t200.0\n2.0\t2.0\tpoint\n"
_TXT = """Hello there, this is a transcript.

ANN: It began at 7:30 in 1984, No. 5 of the XIV.
[00:15] (laughs) it cost $3.5 million -- 50% more.
"""
_PANEL = "0:01\nhello there\n0:06\ngood evening\n1:02:10\nlater\n"
_SBV = "0:00:01.000,0:00:02.500\nHello there\n\n0:00:03.000,0:00:05.000\nGood evening\nand welcome\n"
_KALDI = "ann-talk-0000001 hello there\nbob-talk-0000002 good evening\n"

_PRINTED = """[00:00.000 --> 00:02.500]  Good evening
[2.60s -> 4.10s] and welcome.
Anna Smith (0:06): Tonight
"""
_MICRODVD = "{1}{1}23.976\n{24}{60}Good evening|and welcome.\n{72}{}{y:i}Tonight\n"
_SRV = (
    '<?xml version="1.0"?><timedtext format="3"><body><p t="5000" d="3000" w="1"><s>good</s><s t="275"> evening</s></p>'
    '<p t="6500" d="10" a="1">\n</p></body></timedtext>'
)
_LYRICS = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
    'xmlns:itunes="http://music.apple.com/lyric-ttml-internal" itunes:timing="Word"><body><p begin="4.6" end="0:07.1">'
    '<span begin="4.6" end="5">eve</span><span begin="5" end="5.5">ning</span><span ttm:role="x-bg"><span begin="6" '
    'end="7">(all)</span></span><span ttm:role="x-translation" xml:lang="es">noches</span></p></body></tt>'
)
_SERVICE = """{"results": {"items": [{"type": "pronunciation", "start_time": "6.5", "end_time": "6.75",
 "alternatives": [{"content": "good", "confidence": "0.9"}]}, {"type": "punctuation",
 "alternatives": [{"content": ","}]}]},
 "monologues": [{"elements": [{"type": "text", "value": "good", "ts": 6.5, "end_ts": 7}]}],
 "recognizedPhrases": [{"offset": "PT6.5S", "durationInTicks": 10000000, "nBest": [{"display": "good"}]}]}
"""

FILES = (
    ("ass", "styled.ass", _ASS),
    ("vtt", "voices.vtt", _VTT),
    ("vtt", "rolling.vtt", _ROLLING),
    ("srt", "plain.srt", _SRT),
    ("ttml", "talk.ttml", _TTML),
    ("ttml", "apple.ttml", _APPLE),
    ("json3", "talk.json3", _JSON3),
    ("whisper", "talk.json", _WHISPER),
    ("whisper", "cpp.json", _WHISPER_CPP),
    ("whisper", "chunks.json", _CHUNKS),
    ("whisper", "words.json", _WORDS),
    ("whisper", "list.json", _TRANSCRIPT_API),
    ("lhotse", "supervisions.jsonl", _SUPERVISIONS),
    ("lhotse", "cuts.json", _CUTS),
    ("lrc", "talk.lrc", _LRC),
    ("tsv", "talk.tsv", _TSV),
    ("tsv", "table.tsv", _TSV_SECONDS),
    ("stm", "talk.stm", _STM),
    ("ctm", "talk.ctm", _CTM),
    ("textgrid", "short.TextGrid", _TEXTGRID),
    ("audacity", "labels.txt", _AUDACITY),
    ("txt", "talk.txt", _TXT),
    ("transcript", "panel.txt", _PANEL),
    ("transcript", "whisper.txt", _PRINTED),
    ("sbv", "talk.sbv", _SBV),
    ("microdvd", "talk.sub", _MICRODVD),
    ("srv", "talk.srv3", _SRV),
    ("ttml", "lyrics.ttml", _LYRICS),
    ("whisper", "service.json", _SERVICE),
    ("kaldi", "text", _KALDI),
)
