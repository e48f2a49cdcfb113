"""Speaker labels at the start of a line: "READER:", "Dr. Brown:", "Speaker 2:", "主持人：", but not "He said: go"."""

from __future__ import annotations

import re
import unicodedata

_LABEL = re.compile(r"^\s*(?P<name>[^\s:：][^:：\n]{0,39}?)(?P<colon>[ \t\xa0\u202f]?[:：])(?P<rest>.*)$")
_ROLES = set(
    """
    speaker narrator reader interviewer interviewee host hostess guest moderator presenter announcer anchor
    reporter announcement man woman boy girl child kid male female voice voiceover audience crowd all both
    others everyone operator caller teacher student professor doctor nurse judge officer president chairman
    chairwoman chair secretary participant respondent researcher therapist patient client q a unknown
    translator interpreter director actor sprecher sprecherin erzähler moderatorin frau herr mann narrateur
    narratrice présentateur homme femme journaliste narrador narradora presentador hombre mujer locutor
    locutora entrevistador intervistatore narratore uomo donna ведущий ведущая диктор корреспондент мужчина
    женщина голос рассказчик
    """.split()
)
# Words that start a sentence or a heading that is read aloud: such a beginning is not a speaker label.
_SPOKEN = set(
    """
    note notes warning caution attention remember question answer example examples chapter section part
    parts book volume act scene verse psalm lesson step steps episode day week unit page figure table
    article rule law item number no first second third next finally then also but and or so because if when
    while after before here there this that these those it he she they we you i my our your his her their
    the thought conclusion result results summary abstract introduction title subject re fwd ps fyi update
    breaking news tip tips fact facts reason problem solution point points plus option hint idea moral motto
    quote translation definition meaning time date place location address phone email website contact price
    total score said says asked answered replied wrote writes reads goes means is are was were be think know
    see look listen wait well yes yeah no okay ok oh please thanks nota bene hinweis achtung beispiel
    kapitel frage antwort attention exemple chapitre ejemplo capítulo pregunta внимание глава пример
    """.split()
)
_SAYING = set("said says asked is are was were goes means and or to that this it reads wrote".split())
_PARTICLES = set("van von der den de del della da di du la le el al bin ibn of the st y e".split())
_TITLES = set(
    """
    mr mrs ms dr prof st sr sra sir lady lord rev fr capt sgt lt col gen mme mlle herr frau don miss
    """.split()
)
_CJK_SAYING = re.compile("[说說道曰云言问問答话話是为為]$")


def label_end(line: str, cue: str, after_chevron: bool = False) -> int:
    """Length of the speaker label at the start of `line`, colon included; 0 when there is none.

    Args:
        line: a line in which tags and notes are replaced by blanks.
        cue: the whole cue; if it is all capitals, capitals do not mark a name.
        after_chevron: the line begins with ">>", so a label is likely.
    """
    match = _LABEL.match(line)
    if match is None:
        return 0
    name, rest = match["name"].strip(), match["rest"]
    if rest.startswith(("/", "\\")) or re.match(r"\s*\d+\s*:\s*\d", rest) or (rest[:1].isdigit()):
        return 0  # http://, "St. John: 3:16", 10:30
    if match["colon"].endswith(":") and rest[:1].islower():
        return 0
    if not any(c.isalpha() for c in name) or name[0] in "\"'“‘«([{.,;!?-":
        return 0
    end = match.end("colon")
    bare = re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", name)  # "JOHN (on phone):"
    words = re.findall(r"[^\s]+", bare)
    low = [w.lower().strip(".,#'\"") for w in words]
    if not words or len(words) > 5 or any(c in bare for c in ',;?!"“”…'):
        return 0
    if low[0] in _ROLES or (low[-1] in _ROLES and len(words) <= 4 and not set(low) & _SAYING):
        following = [w for w in low[1:] if not _numbering(w)]
        if len(low) <= 4 and (
            not following or bare.isupper() or all(_name_like(w) for w in words) or low[-1] in _ROLES
        ):
            return end
    if low[0] in _SPOKEN or set(low) & _SAYING:
        return 0
    if _caseless(bare):
        return end if _caseless_label(bare, match["colon"]) else 0
    if bare.isupper():
        shouted = not any(c.islower() for c in cue)
        return end if len(words) <= (3 if shouted else 5) else 0
    if all(_name_like(w) for w in words) and words[0][0].isupper():
        titled = low[0] in _TITLES and len(words) > 1
        following_text = rest.lstrip(" \t\"'“‘«¿¡([-–—")
        starts_sentence = not following_text or not following_text[0].islower()
        return end if titled or after_chevron or (starts_sentence and len(words) <= 4) else 0
    return 0


def _name_like(word: str) -> bool:
    return word[0].isupper() or word.lower() in _PARTICLES or _numbering(word) or word.startswith(("d'", "al-", "#"))


def _numbering(word: str) -> bool:
    return re.fullmatch(r"#?\d{1,3}[a-z]?|[a-z]|one|two|three|four", word.lower()) is not None


def _caseless(name: str) -> bool:
    return not any(unicodedata.category(c) in ("Lu", "Ll", "Lt") for c in name)


def _caseless_label(name: str, colon: str) -> bool:
    """For scripts without case: a short name before the colon that is not a verb of saying."""
    if _CJK_SAYING.search(name):
        return False
    cjk = any("\u3040" <= c <= "\u9fff" for c in name)
    return len(name) <= (6 if cjk else 16) and len(name.split()) <= 2
