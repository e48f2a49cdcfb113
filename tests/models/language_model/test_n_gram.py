"""n-gram models of kenlm: scores, words of a file, and files that are none."""

from __future__ import annotations

import gzip
import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from ctcalign.errors import UsageError
from ctcalign.models.language_model.fusion import Fusion
from ctcalign.models.language_model.n_gram import NGram, load_language_model, word_model, words_of
from ctcalign.text.vocabulary import Vocabulary
from egs.mini_en.objectives.local.ngram import counts, probabilities, write_arpa

TEXTS = ["the cat sat", "the cat ran", "a dog ran", "the dog's tail", "a cat"]


@pytest.fixture
def arpa(tmp_path: Path) -> Path:
    file = tmp_path / "three.arpa"
    write_arpa(file, *probabilities(counts(TEXTS, 3)))
    return file


@pytest.fixture
def model(arpa: Path) -> NGram:
    pytest.importorskip("kenlm", reason="kenlm is not installed (extra lm)")
    return load_language_model(str(arpa))


def test_words_one_by_one_have_the_score_of_the_text(model, capfd):
    for text in ("the cat ran", "the fish ran", ""):
        history, total = model.start(), 0.0
        for word in text.split():
            score, history = model.word(history, word)
            total += score
        assert total + model.end(history) == pytest.approx(model.score(text), abs=1e-5)
    assert model.known == {"the", "cat", "sat", "ran", "a", "dog", "dog's", "tail"}
    assert capfd.readouterr().err == ""  # no progress bar


def test_an_n_gram_model_decides(model):
    vocabulary = Vocabulary(("_", "|", *"acdghnorstu"), separator=1)
    rows = np.full((7, len(vocabulary)), 1e-6)
    for t, letter in enumerate("cat|sat"):
        rows[t, vocabulary.symbols.index(letter)] = 1.0
    rows[4, vocabulary.symbols.index("r")] = 1.2
    rows[6, vocabulary.symbols.index("n")] = 0.9  # "cat rat" is likelier than "cat sat" and "cat ran"
    log_probs = np.log(rows / rows.sum(1, keepdims=True))
    found = Fusion(model).search(log_probs, vocabulary, 64)
    plain = Fusion(model, 0.0, 0.0, 0.0).search(log_probs, vocabulary, 64)
    assert vocabulary.text(plain[0].tokens) == "cat rat"
    assert vocabulary.text(found[0].tokens) in ("cat sat", "cat ran")
    texts = {vocabulary.text(one.tokens): one.score for one in plain}
    fused = {vocabulary.text(one.tokens): one.score for one in found}
    difference = (fused["cat ran"] - fused["cat sat"]) - (texts["cat ran"] - texts["cat sat"])
    expected = 0.5 * math.log(10) * (model.score("cat ran") - model.score("cat sat"))
    assert difference == pytest.approx(expected, abs=1e-4)


def test_a_model_of_kenlm_becomes_one_of_words(arpa):
    kenlm = pytest.importorskip("kenlm", reason="kenlm is not installed (extra lm)")
    assert isinstance(word_model(kenlm.Model(str(arpa))), NGram)
    assert Fusion(kenlm.Model(str(arpa))).first_pass


def test_words_of_files(arpa, tmp_path):
    words = words_of(arpa)
    assert words is not None
    assert set(words) == {"<s>", "</s>", "<unk>", "the", "cat", "sat", "ran", "a", "dog", "dog's", "tail"}
    assert len(words) == len(set(words))
    zipped = tmp_path / "three.arpa.gz"
    zipped.write_bytes(gzip.compress(arpa.read_bytes()))
    assert words_of(zipped) == words
    binary = tmp_path / "three.bin"
    head = b"mmap lm http://kheafield.com/code format version 5\n\0" + bytes(range(256))
    binary.write_bytes(head + "<unk>\0<s>\0</s>\0zoë\0cat\0".encode())
    assert words_of(binary) == ["<unk>", "<s>", "</s>", "zoë", "cat"]
    binary.write_bytes(head)
    assert words_of(binary) is None
    binary.write_bytes(b"none")
    assert words_of(binary) is None


def test_a_file_without_its_words(model, monkeypatch):
    monkeypatch.setattr("ctcalign.models.language_model.n_gram.words_of", lambda file: None)
    with pytest.raises(UsageError, match=r"^lm: .*three.arpa does not list its words"):
        Fusion(NGram(model.model)).search(np.zeros((1, 2)), Vocabulary(("_", "a")), 4)


def test_files_that_are_none(tmp_path, monkeypatch):
    pytest.importorskip("kenlm", reason="kenlm is not installed (extra lm)")
    (tmp_path / "some.arpa").write_text("x\n")
    with pytest.raises(UsageError, match="cannot be read as ARPA") as raised:
        load_language_model(str(tmp_path / "some.arpa"))
    assert len(str(raised.value).splitlines()) == 1


def test_what_files_are_none_for(arpa, tmp_path):
    pytest.importorskip("kenlm", reason="kenlm is not installed (extra lm)")
    one = "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-0.1\t</s>\n-1\t<unk>\n-0.5\tcat\n\n\\end\\\n"
    zipped = gzip.compress(arpa.read_bytes())
    for content, reason in (
        (b"", "End of file"),
        (bytes(range(128, 256)) * 4, "binary content"),
        (one.encode(), "assumes at least a bigram model"),
        (arpa.read_bytes()[:150], "End of file in the 1-gram"),
        (zipped[:100], "zlib"),
        (b"mmap lm http://kheafield.com/code format version 5\n\0" + bytes(200), "File looks like it should be"),
    ):
        file = tmp_path / "wrong.arpa"
        file.write_bytes(content)
        with pytest.raises(UsageError, match=f"^lm: .*cannot be read as ARPA.*{reason}") as raised:
            load_language_model(str(file))
        message = str(raised.value)
        assert len(message.splitlines()) == 1
        assert len(message) < 300 + len(str(file))
        assert "void" not in message
    with pytest.raises(UsageError, match="is a folder, expected an n-gram model"):
        load_language_model(str(tmp_path))


def test_a_pickled_model_is_loaded_without_messages(model, arpa, capfd):
    again = pickle.loads(pickle.dumps(Fusion(model)))
    assert again.model.score("the cat") == model.score("the cat")
    assert again.model.known == model.known
    assert again.about()["lm"] == Fusion(model).about()["lm"] == str(arpa)
    assert capfd.readouterr().err == ""


def test_without_a_file_or_kenlm(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="there is no n-gram model"):
        load_language_model(str(tmp_path / "none.arpa"))
    (tmp_path / "some.arpa").write_text("x")
    monkeypatch.setitem(sys.modules, "kenlm", None)
    with pytest.raises(UsageError, match="pip install kenlm"):
        load_language_model(str(tmp_path / "some.arpa"))
