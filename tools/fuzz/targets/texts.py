"""Text: mark-up, words, readings in every language, symbols of a model, phrases of a search."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from ctcalign.alignment.cue import Cue
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary
from tools.fuzz.mutation import NUMBERS, TEXTS, Seed, mutated
from tools.fuzz.seeds import alignment
from tools.fuzz.target import Target

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "sv", "tr", "ar", "hi", "zh", "ja", "ko", "he", "vi")
_SENTENCES = (
    "Dr. Smith paid $3,450.75 on 5/4/1998 at 10:30 p.m., i.e. 21.5% of £1.2m; call 555-0199 or +44 20 7946 0958!",
    "Am 3. Oktober 1990 um 9.30 Uhr: 1.234,56 € (rd. 12 km/h), Nr. 7, XIV. Jh., z.B. 1/2 l bei -5 °C",
    "<i>- Hello?</i> [DOOR OPENS] (sighs) ♪ la la ♪ >> BOB (off): #tag @user http://a.b/c.html C3PO 90s 3rd 1st",
    "{\\an8}Il est 14h05, le 1er mai: 1 000 000 d'habitants <00:00:01.000><c> soixante-dix</c>",
    "二〇二四年五月三日 3.5公里 100元 ٣٫٥ कि १२३ 10月10日",
)


def targets() -> list[Target]:
    """Targets that take a text."""
    words = st.sampled_from(NUMBERS) | st.sampled_from(TEXTS) | st.text(max_size=12)
    joined = st.lists(words, max_size=8).map(lambda parts: [" ".join(parts)])
    sources = [*_SENTENCES, *(cue.text for cue in alignment().cues)]
    seeds = [Seed("text", text.encode()) for text in sources]
    changed = mutated(seeds).map(lambda steps: [data.decode("utf-8", "replace") for _, data in steps])
    texts = (changed | joined).map(lambda texts: [text[:10_000] for text in texts])
    found = [
        Target("text.mark-up", texts, _mark_up, len, _encoded),
        Target("text.plain-words", texts, _plain_words, len, _encoded),
        Target("text.symbols", texts, _symbols, len, _encoded),
        Target("text.phrases", texts, _phrases, len, _encoded),
    ]
    for language in LANGUAGES:
        found.append(
            Target(f"readings.{language}", texts, lambda text, code=language: _words(text, code), len, _encoded)
        )
    codes = st.sampled_from([*LANGUAGES, "xx", "en-US", "zh_Hans_CN", "", "EN", "x" * 50, "e\x00"]) | st.text(
        max_size=5
    )
    found.append(
        Target("readings.code", st.tuples(codes), lambda code: _words("Nr. 5: $3.50 at 10:30", code), len, _encoded)
    )
    return found


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _mark_up(text: str) -> None:
    from ctcalign.text.markup.spans import spans, spoken_text

    spans(text)
    spoken_text(text)


def _plain_words(text: str) -> None:
    from ctcalign.text.words import plain_words

    plain_words(text)


def _words(text: str, language: str) -> None:
    from ctcalign.text.words import words_of

    words_of(text, language)


def _code(language: str) -> None:
    _words("Nr. 5: $3.50 at 10:30", language)


def _symbols(text: str) -> None:
    from ctcalign.aligner.transcript import transcript_of

    transcript_of([Cue(0, text)], _tokeniser(), "en")


def _phrases(text: str) -> None:
    from ctcalign.search.phrases import lines_of, prepare_phrases

    lines = lines_of(text.split("\n"))
    prepare_phrases(lines, _tokeniser(), "en", 0.02, "a model")


@cache
def _tokeniser() -> Tokeniser:
    return Tokeniser(Vocabulary(("<blank>", "|", *"abcdefghijklmnopqrstuvwxyz'"), blank=0, separator=1), "en")
