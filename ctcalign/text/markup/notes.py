"""Decide whether a text in parentheses, braces or asterisks is a note (of a sound or manner) or speech."""

from __future__ import annotations

import re

# Verbs of sounds and manners: base form, -s and -ing. Not the past tense, which occurs in spoken narration.
_VERBS = (
    """
    laugh chuckle giggle sigh gasp cough sneeze sniff sniffle sob weep scream shriek yell shout whisper
    mumble mutter murmur groan moan grunt growl snore yawn hiccup burp whistle hum applaud clap cheer jeer
    boo chant buzz beep bleep ring chime toll bark meow purr chirp tweet thunder knock slam creak rustle
    clatter crash thud bang honk type click exhale inhale breathe pause hesitate narrate speak sing play
    stutter stammer cry whimper pant screech squeal squeak gulp swallow snort scoff tut hiss roar howl
    explode rattle rumble rev splash gurgle trill neigh moo cluck crow
    """
).split()
# Nouns that are a note on their own or with one more word: "(door)", "(dial tone)", not "(the door was open)".
_NOUNS = set(
    """
    audience crowd door doors engine siren sirens phone telephone horn tone static feedback footsteps gunshot
    gunshots gunfire explosion thunder bell bells alarm wind rain bird birds dog noise echo narrator
    """.split()
)
_TELLING = set("i you we they he's she's it's was were is are am my your our their or if but because".split())
# Nouns of sounds, manners, and the notes of other languages.
_WORDS = set(
    """
    laughter applause music instrumental inaudible unintelligible indistinct indiscernible crosstalk
    overlapping silence voiceover voice-over off-screen offscreen off-camera foreign continues clears throat
    noises chatter chattering softly quietly loudly sarcastically angrily nervously excitedly mockingly
    echoing muffled distorted garbled sic crying cries singing chanting chants whimpers whimpering pants
    panting screeching squeals squeaks squeaking groans v.o. o.s. o.c. oc cont'd contd ph phonetic
    gulps swallows snorts scoffs tuts hisses roars howls rire rires rit applaudissements
    musique soupir soupirs soupire toux tousse silence bruit bruits inaudible cris lachen lacht gelächter
    applaus musik seufzt seufzen stille geräusch geräusche unverständlich räuspert hustet jubel risa risas
    ríe ríen aplausos aplauso música suspira suspiro suspiros tose silencio ruido ruidos ininteligible
    gritos risada risadas rindo suspiros tosse ruído barulho inaudível silêncio risate ride ridono
    applausi musica sospira tossisce silenzio rumore rumori incomprensibile gelach lacht applaus muziek
    zucht stilte geluid onverstaanbaar skratt skrattar applåder musik suckar tystnad klapsalver
    bifald sukker nauraa naurua taputuksia musiikkia смех смеётся смеется смеются аплодисменты музыка вздох
    вздыхает кашель кашляет тишина шум неразборчиво пауза сміх сміється оплески музика śmiech śmieje oklaski
    muzyka wzdycha cisza szum niezrozumiałe smích potlesk hudba gülüşmeler güler alkış müzik sessizlik γέλια
    χειροκρότημα μουσική nevetés taps zene râsete aplauze muzică 笑 笑声 笑聲 笑い 拍手 掌声 掌聲 音乐 音樂
    音楽 叹气 嘆氣 ため息 咳 咳嗽 沈黙 沉默 聴き取れず 爆笑 웃음 박수 음악 한숨 침묵 ضحك تصفيق موسيقى صمت
    צחוק מוזיקה מחיאות हँसी तालियाँ संगीत
    """.split()
)
_LANGUAGES = set(
    """
    english french spanish german italian portuguese dutch russian polish czech chinese mandarin cantonese
    japanese korean arabic hebrew hindi urdu turkish greek latin swedish norwegian danish finnish hungarian
    romanian ukrainian vietnamese thai swahili farsi persian tagalog yiddish gaelic irish welsh
    """.split()
)
# Words in -ing that begin or end ordinary spoken asides.
_NOT_SOUNDS = set(
    """
    including excluding meaning being having going depending something nothing anything everything morning
    evening during king ring spring thing string according concerning regarding following considering
    assuming trying thinking knowing seeing looking getting making doing bring sing saying talking building
    wedding meeting ceiling feeling notwithstanding
    """.split()
)


def _forms(verb: str) -> list[str]:
    stem = verb[:-1] if verb.endswith("e") else verb
    doubled = stem + stem[-1] if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnpt]", stem) and stem == verb else stem
    third = verb + "es" if verb.endswith(("s", "sh", "ch", "x")) else verb[:-1] + "ies" if verb == "cry" else verb + "s"
    return [verb, third, doubled + "ing"]


_SOUNDS = frozenset(form for verb in _VERBS for form in _forms(verb))
_ASCII_WORD = re.compile(r"[^\W_](?:[\w'’.-]*\w)?\.?")
_CASELESS_NOTES = re.compile("[笑哭泣]|拍手|掌[声聲]|音[乐樂楽]|웃|박수|음악")


def is_note(inside: str, bracket: str, shouted: bool) -> bool:
    """Whether the text between brackets names a sound, a manner or a language, and so is not spoken.

    Args:
        inside: the text between the brackets.
        bracket: the opening bracket: "(", "（", "{", "*" or "[".
        shouted: the rest of the cue is all capitals, so capitals inside the brackets mean nothing.
    """
    text = " ".join(inside.split())
    words = [w if w in _WORDS else w.rstrip(".") for w in _ASCII_WORD.findall(text.lower())]
    if not words:
        return bracket != "{" or not text or text in "?!*."  # "(?)", "( )", "(...)"
    if bracket == "（":  # full-width parentheses hold notes and names; figures are read
        return not any(c.isdigit() for c in text)
    letters = [c for c in text if c.isalpha()]
    if not shouted and bracket != "*" and len(letters) > 1 and all(c.isupper() for c in letters):
        return len(words) <= 8
    if len(words) > 6 or set(words) & _TELLING:
        return False
    if len(words) <= 3 and any(w in _WORDS or w in _SOUNDS for w in words):
        return True
    if any(w in _SOUNDS and w.endswith(("s", "ing")) for w in words) or words[0] in _WORDS:
        return True
    if len(words) <= 2 and words[0] not in ("the", "a", "an", "this", "that") and set(words) & _NOUNS:
        return True
    if 2 <= len(words) <= 3 and words[0] == "in" and words[1] in _LANGUAGES:
        return True
    if bracket == "[" and len(words) <= 3:
        return False
    if _CASELESS_NOTES.search(text) and len(text) <= 8:
        return True
    return len(words) <= 3 and any(_ing(w) for w in (words[0], words[-1]))


def is_music_note(between: str) -> bool:
    """Whether a text between music signs only describes music ("♪ upbeat music playing ♪") and is not lyrics."""
    words = _ASCII_WORD.findall(between.lower())
    if not 1 <= len(words) <= 4:
        return False
    return words[-1] in ("music", "instrumental", "musik", "musique", "música", "musica", "音楽", "音乐") or (
        "music" in words and words[-1] in ("playing", "plays", "continues", "fades", "stops", "ends", "swells")
    )


def _ing(word: str) -> bool:
    return len(word) > 5 and word.endswith("ing") and word not in _NOT_SOUNDS
