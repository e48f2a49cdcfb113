"""The scores of a language model for the words that a recogniser writes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ctcalign.ctc.fused.lexicon import Lexicon, LookAhead
from ctcalign.models.language_model.n_gram import WordModel
from ctcalign.text.vocabulary import WORD_START, Vocabulary, joined

TO_NATS = math.log(10)
UNKNOWN_WORD = "<unk>"  # of ARPA files; no other model knows it either


class ScoredWords:
    """The `WordScores` of a language model for `ctcalign.ctc.fused.search.fused_beam_search`.

    The score of a word is weight * log p(word | history) + bonus, plus `unknown_word_score` if the model does not know
    it. A run of labels without text is no word. A word that the model has only in another form (upper case, or with an
    accent that the recogniser cannot write) is that word. A probability above 1, as of rounding in an ARPA file, is 1.

    Look-ahead: a prefix with which no known word begins has the score of an unknown word already, without the bonus.

    Args:
        model: scores words.
        vocabulary: of the recogniser.
        weight: >= 0.  bonus, unknown_word_score: nats per word.
    """

    def __init__(
        self, model: WordModel, vocabulary: Vocabulary, weight: float, bonus: float, unknown_word_score: float
    ) -> None:
        self.model, self.vocabulary, self.known = model, vocabulary, model.known
        self.weight, self.bonus = weight * TO_NATS, bonus
        self.unknown_word_score = 0.0 if self.known is None else unknown_word_score
        spelled = [text.replace(WORD_START, " ") if vocabulary.word_pieces else text for text in vocabulary.spellings]
        self.ends = np.array([text.startswith(" ") for text in spelled], np.bool_)
        self.begins = np.array([text.startswith(" ") and bool(text.strip()) for text in spelled], np.bool_)
        # A piece may hold the end of a word and more words; they are scored together.
        several = any(" " in text[1:] for text in spelled)
        self.most = math.inf if several else max(0.0, bonus, bonus + self.unknown_word_score)
        self._forms: dict[str, str] = {}  # words as the recogniser writes them: words of the model
        self.look_ahead = None if self.known is None else self._look_ahead(spelled, self.known)

    def start(self) -> Any:
        """See `WordScores.start`."""
        return self.model.start()

    def word(self, history: Any, labels: tuple[int, ...]) -> tuple[float, Any]:
        """See `WordScores.word`; the labels of several words have the sum of their scores."""
        total = 0.0
        for written in self.vocabulary.text(labels).split():
            word = self._forms.get(written, written)
            score, history = self.model.word(history, word)
            total += self._weighted(score) + self.bonus
            if self.known is not None and word not in self.known:
                total += self.unknown_word_score
        return total, history

    def end(self, history: Any) -> float:
        """See `WordScores.end`."""
        return self._weighted(self.model.end(history))

    def text(self, labels: tuple[int, ...]) -> float:
        """The score of a whole text."""
        score, history = self.word(self.start(), labels)
        return score + self.end(history)

    def _weighted(self, score: float) -> float:
        if not self.weight or 0.0 < score < math.inf:
            return 0.0  # 0 * -inf is NaN
        return self.weight * score

    def _look_ahead(self, spelled: list[str], known: frozenset[str]) -> LookAhead:
        units = {character: number for number, character in enumerate(sorted({*"".join(spelled)} - {" "}))}
        lexicon = Lexicon.of([units[character] for character in word] for word in self._written(spelled, known))
        promises = np.zeros(len(lexicon.units) + 1)
        unknown = self._weighted(self.model.word(self.start(), UNKNOWN_WORD)[0])
        promises[-1] = min(0.0, unknown + self.unknown_word_score)
        return LookAhead.of(lexicon, [[units.get(character, -1) for character in text] for text in spelled], promises)

    def _written(self, spelled: list[str], known: frozenset[str]) -> list[str]:
        """The known words that the recogniser can write, as it writes them; those of another form are noted."""
        characters = frozenset("".join(spelled)) - {" "}
        found = []
        for word in sorted(known):
            if characters.issuperset(word):
                found.append(word)
            else:
                labels, lost = self.vocabulary.encode(word)
                if lost or not labels:
                    continue
                found.append("".join(spelled[label] for label in labels).replace(" ", ""))
            text = joined(found[-1])
            if text not in known:
                self._forms.setdefault(text, word)
        return found
