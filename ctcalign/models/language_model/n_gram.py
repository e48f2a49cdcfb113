"""n-gram models of kenlm: score of a word after a history, and the words that a model knows."""

from __future__ import annotations

import gzip
import mmap
import re
import zlib
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ctcalign.errors import UsageError

SPECIAL_WORDS = frozenset({"<s>", "</s>", "<unk>", "<UNK>"})


class LanguageModel(Protocol):
    """Scores whole texts, as kenlm's models do."""

    def score(self, sentence: str) -> float:
        """log10 of the probability of a text from its beginning to its end, its words separated by one space."""
        ...


@runtime_checkable
class WordModel(Protocol):
    """Scores one word after the other.

    Attributes:
        known: the words of the model; None if they cannot be listed. Other words are unknown to it.
    """

    known: frozenset[str] | None

    def start(self) -> Any:
        """The history at the beginning of a text."""
        ...

    def word(self, history: Any, word: str) -> tuple[float, Any]:
        """log10 of the probability of a word after a history, at most 0, and the history that follows."""
        ...

    def end(self, history: Any) -> float:
        """log10 of the probability that the text ends."""
        ...


class NGram:
    """A model of kenlm as a `LanguageModel` and a `WordModel`.

    Args:
        model: a kenlm.Model.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._state: Any = import_module("kenlm").State

    @property
    def name(self) -> str:
        """The path of its file."""
        path = self.model.path
        return path.decode() if isinstance(path, bytes) else str(path)

    @cached_property
    def known(self) -> frozenset[str]:
        """Words in the file of the model, without <s>, </s> and <unk>.

        Raises:
            UsageError: the file does not list them; without them no open word is known to be wrong before its end.
        """
        found = words_of(Path(self.name))
        if found is None:
            raise UsageError(f"lm: {self.name} does not list its words; use the ARPA file, or build_binary without -v")
        return frozenset(found) - SPECIAL_WORDS

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Pickled as its path: the other process opens the file again."""
        return _opened, (self.name,)

    def score(self, sentence: str, bos: bool = True, eos: bool = True) -> float:
        """See `LanguageModel.score`."""
        return float(self.model.score(sentence, bos=bos, eos=eos))

    def start(self) -> Any:
        """See `WordModel.start`."""
        state = self._state()
        self.model.BeginSentenceWrite(state)
        return state

    def word(self, history: Any, word: str) -> tuple[float, Any]:
        """See `WordModel.word`."""
        state = self._state()
        return self.model.BaseScore(history, word, state), state

    def end(self, history: Any) -> float:
        """See `WordModel.end`."""
        return float(self.model.BaseScore(history, "</s>", self._state()))


def word_model(model: LanguageModel | WordModel) -> LanguageModel | WordModel:
    """A kenlm.Model as `NGram`; any other model as it is."""
    return NGram(model) if type(model).__module__ == "kenlm" else model


def load_language_model(file: str) -> NGram:
    """An n-gram model from an ARPA file or kenlm's binary format.

    Raises:
        UsageError: there is no such file, it cannot be read, or kenlm is not installed.
    """
    if file and Path(file).is_dir():
        raise UsageError(f"lm: {file} is a folder, expected an n-gram model (ARPA or kenlm's binary format)")
    if not Path(file).is_file():
        raise UsageError(f"lm: there is no n-gram model {file}")
    try:
        import_module("kenlm")
    except ImportError:
        raise UsageError("lm: reading n-gram models needs kenlm; pip install kenlm, or decode without --lm") from None
    try:
        model = _opened(file)
        empty = not model.known
    except (OSError, RuntimeError, EOFError, zlib.error, UnicodeDecodeError) as error:
        expected = "ARPA (of order 2 or more) or kenlm's binary format"
        raise UsageError(f"lm: {file} cannot be read as {expected} ({_reason(error)})") from error
    if empty:
        raise UsageError(f"lm: {file} has no words")
    return model


def _opened(file: str) -> NGram:
    kenlm: Any = import_module("kenlm")
    quiet = kenlm.Config()
    quiet.show_progress, quiet.arpa_complain = False, kenlm.ARPALoadComplain.NONE
    return NGram(kenlm.Model(file, quiet))


def _reason(error: Exception) -> str:
    """What kenlm says without the names of its functions."""
    if isinstance(error, UnicodeDecodeError):  # kenlm's message quotes the file
        return "binary content"
    text = " ".join(str(error).split())
    found = re.search(r"threw \w+?(?: because `.*?')?\. (.*)", text) or re.fullmatch(
        r"Cannot read model '.*?' \((.*)\)", text
    )
    reason = (found[1] if found else text).rstrip(") ")
    return reason if len(reason) <= 160 else reason[:157] + "..."


def words_of(file: Path) -> list[str] | None:
    """The unigrams of an ARPA file (also gzipped) or of kenlm's binary format; None if it has none."""
    with open(file, "rb") as stream:
        start = stream.read(64)
    if start.startswith(b"mmap lm"):
        return _words_of_binary(file)
    return list(_words_of_arpa(file, compressed=start.startswith(b"\x1f\x8b"))) or None


def _words_of_arpa(file: Path, compressed: bool) -> Iterator[str]:
    with gzip.open(file, "rb") if compressed else open(file, "rb") as stream:
        listed = False
        for line in stream:
            if line.startswith(b"\\"):
                if listed:
                    return
                listed = line.strip() == b"\\1-grams:"
            elif listed and len(fields := line.split()) > 1:
                yield fields[1].decode("utf-8", "replace")


def _words_of_binary(file: Path) -> list[str] | None:
    """kenlm appends the words, each with a zero byte after it, the unknown one first."""
    with open(file, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        first = content.rfind(b"<unk>\0")
        found = content[first:-1].decode("utf-8", "replace").split("\0") if first >= 0 else []
        return found if content[-1:] == b"\0" and {"<s>", "</s>"} <= set(found) else None
