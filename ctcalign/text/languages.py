"""Language codes: "en", "en-GB", "eng" and "en_US" name the same language."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from ctcalign.errors import UsageError
from ctcalign.language_codes import is_language

# ISO 639-1 to 639-3 for the languages that speech recognisers and romanisation tables name; macrolanguages by their
# usual member or own code, as uroman has them.
_THREE = {
    "am": "amh", "ar": "ara", "az": "aze", "be": "bel", "bg": "bul", "bn": "ben", "bs": "bos", "ca": "cat",
    "cs": "ces", "cy": "cym", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "eo": "epo", "es": "spa",
    "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra", "ga": "gle", "gl": "glg", "gu": "guj",
    "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind", "is": "isl", "it": "ita",
    "ja": "jpn", "ka": "kat", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "ky": "kir", "lo": "lao",
    "lt": "lit", "lv": "lav", "mk": "mkd", "ml": "mal", "mn": "mon", "mr": "mar", "ms": "msa", "mt": "mlt",
    "my": "mya", "nb": "nob", "ne": "nep", "nl": "nld", "nn": "nno", "no": "nor", "pa": "pan", "pl": "pol",
    "ps": "pus", "pt": "por", "ro": "ron", "ru": "rus", "si": "sin", "sk": "slk", "sl": "slv", "sq": "sqi",
    "sr": "srp", "sv": "swe", "sw": "swa", "ta": "tam", "te": "tel", "tg": "tgk", "th": "tha", "tl": "tgl",
    "tr": "tur", "ug": "uig", "uk": "ukr", "ur": "urd", "uz": "uzb", "vi": "vie", "yi": "yid", "zh": "zho",
}  # fmt: skip
_TWO = {three: two for two, three in _THREE.items()} | {
    "cmn": "zh", "yue": "zh", "ger": "de", "fre": "fr", "dut": "nl", "gre": "el", "cze": "cs", "per": "fa", "pes": "fa",
    "arb": "ar", "rum": "ro", "slo": "sk", "ice": "is", "chi": "zh", "zlm": "ms", "swh": "sw", "npi": "ne", "iw": "he",
    "ji": "yi",
}  # fmt: skip

# The writing system of the languages above that do not use Latin letters; of Han, kana and hangul see `scripts.family`.
_SCRIPTS = {
    "Arabic": "ar fa ps ug ur", "Armenian": "hy", "Bengali": "bn", "Cyrillic": "be bg kk ky mk mn ru sr tg uk",
    "Devanagari": "hi mr ne", "Ethiopic": "am", "Georgian": "ka", "Greek": "el", "Gujarati": "gu", "Gurmukhi": "pa",
    "Han": "zh", "Hangul": "ko", "Hebrew": "he yi", "Japanese": "ja", "Kannada": "kn", "Khmer": "km", "Lao": "lo",
    "Malayalam": "ml", "Myanmar": "my", "Sinhala": "si", "Tamil": "ta", "Telugu": "te", "Thai": "th",
}  # fmt: skip
_SCRIPT_OF = {code: script for script, codes in _SCRIPTS.items() for code in codes.split()}

# English names, as lhotse's corpora have them in the field `language` of a supervision.
_NAMES = {
    "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "cantonese": "yue", "catalan": "ca", "chinese": "zh",
    "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi",
    "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is",
    "indonesian": "id", "irish": "ga", "italian": "it", "japanese": "ja", "kazakh": "kk", "korean": "ko",
    "latvian": "lv", "lithuanian": "lt", "malay": "ms", "mandarin": "zh", "norwegian": "no", "persian": "fa",
    "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk",
    "slovenian": "sl", "spanish": "es", "swahili": "sw", "swedish": "sv", "tamil": "ta", "telugu": "te", "thai": "th",
    "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip


def known_code(language: str | None) -> str | None:
    """The code of a language given by code ("en-GB") or by English name ("French"); None for anything else."""
    if not language or not language.strip():
        return None
    named = _NAMES.get(language.strip().lower())
    return named or (language.strip() if primary_code(language) in _THREE else None)


# Codes of countries that are taken for those of their languages.
_COUNTRIES = {
    "al": "sq", "at": "de", "cn": "zh", "cz": "cs", "dk": "da", "gb": "en-GB", "gr": "el", 
    "in": "hi, bn or id", "jp": "ja", "mx": "es-MX", "rs": "sr", "us": "en-US",
}  # fmt: skip


def check_language(language: str | None) -> str | None:
    """A language that a user names must be a code such as "en", "pt-BR" or "yue"; None stays. Returns it.

    Raises:
        UsageError: it is none; the message names codes that may be meant.
    """
    if language is None or (isinstance(language, str) and is_language(language)):
        return language
    meant = _meant(language) if isinstance(language, str) else ""
    raise UsageError(f"language: got {language!r}, expected a code such as en, pt-BR or yue{meant}")


def _meant(text: str) -> str:
    wanted = text.strip().lower()
    if wanted in _COUNTRIES:
        return f"; did you mean {_COUNTRIES[wanted]}?"
    close = [wanted] if wanted in _NAMES else get_close_matches(wanted, _NAMES, n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(f'{_NAMES[name]} ({name.capitalize()})' for name in close)}?" if close else ""


@lru_cache(maxsize=1024)
def normal_code(language: str | None) -> str:
    """The language as num2words and the reading rules name it: two letters, and "_XX" for a region ("fr_CH").

    Any string is accepted; an unknown one is returned in lower case. None means English.
    """
    if not language:
        return "en"
    parts = language.strip().replace("-", "_").split("_")
    primary = parts[0].lower()
    primary = _TWO.get(primary, primary) or "en"
    region = next((part.upper() for part in parts[1:] if len(part) == 2 and part.isalpha()), "")
    return f"{primary}_{region}" if region else primary


def primary_code(language: str | None) -> str:
    """The language code without its region: "en" for "en-GB"."""
    return normal_code(language).partition("_")[0]


def three_letters(language: str) -> str | None:
    """ISO 639-3 code of a language, None when it is unknown."""
    code = primary_code(language)
    return _THREE.get(code, code if len(code) == 3 else None)


def script_of_language(language: str) -> str | None:
    """The writing system of a language as `scripts.family` names it; None when the language is unknown."""
    code = primary_code(language)
    return _SCRIPT_OF.get(code, "Latin" if code in _THREE else None)
