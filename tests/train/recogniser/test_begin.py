"""`ctcalign fit` with the letters of the transcripts: a new output layer, and letters that a model lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from lhotse import CutSet

import ctcalign
from ctcalign.errors import ModelError, UsageError
from ctcalign.models.training.tokenizers import SentencePieceTokenizer
from ctcalign.train.data.letters import alphabet_of, lacking, letters_of, texts_of
from ctcalign.train.notices import TrainingWarning
from ctcalign.train.run import fit
from tests.models.hugging_face.small_models import transformers
from tests.models.training.small_models import saved
from tests.train.tones import make_cuts

TEXTS = ["Äb cab", "dad äb", "Bad, ça!", "ab 3", "cab [music]", "dad"]


@pytest.fixture(scope="module")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones with texts in letters that the small models lack."""
    manifest = make_cuts(tmp_path_factory.mktemp("tones") / "train", len(TEXTS))
    listed = list(CutSet.from_file(manifest))
    for cut, text in zip(listed, TEXTS, strict=True):
        cut.supervisions[0].text, cut.supervisions[0].alignment = text, None
    CutSet.from_cuts(listed).to_file(manifest)
    return manifest


def arguments(folder: Path, cuts: Path, *more: str) -> list[str]:
    return [
        *("--data.train", str(cuts), "--data.workers", "0", "--trainer.default_root_dir", str(folder)),
        *("--trainer.max_steps", "2", "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", *more),
    ]


def test_the_letters_of_transcripts(cuts: Path) -> None:
    assert alphabet_of(str(cuts)) == " abcdehrtäç"  # with those of "three", without those of [music]
    letters = letters_of(list(texts_of(str(cuts))))
    assert letters["ä"] == 2
    assert lacking(ctcalign.load_model("builtin:en").vocabulary, letters) == [("ä", 2), ("ç", 1)]
    assert len(list(texts_of(str(cuts), most=2))) == 2
    assert letters_of([]) == {}


@pytest.mark.parametrize("family", ["builtin:en", "wav2vec2", "parakeet"])
def test_a_model_gets_the_letters_of_the_transcripts(tmp_path: Path, cuts: Path, family: str) -> None:
    name = family if family.startswith("builtin") else f"hf:{saved(tmp_path / 'model', family)}"
    with pytest.warns(TrainingWarning) as caught:
        written = fit(arguments(tmp_path / "run", cuts, "--model.init", name, "--model.vocabulary", "from-data"))
    lines = [str(one.message) for one in caught if one.category is TrainingWarning]
    assert any("gets a new output layer" in line and "12 symbols" in line for line in lines)
    if family != "parakeet":  # its pieces are those of "ab cab dad bad ca" alone
        assert any("rows from a first alignment of" in line and "ä (" in line for line in lines)
    model = ctcalign.load_model(f"{'checkpoint' if family.startswith('builtin') else 'hf'}:{written}")
    assert "".join(sorted(model.vocabulary.pieces)) == "abcdehrtäç"
    aligned = ctcalign.align(str(cuts.parent / "train-000.wav"), ["Äb cab"], model=model)
    assert [word.text for word in aligned.cues[0].words] == ["Äb", "cab"]
    if written.is_dir():
        processor = transformers.AutoProcessor.from_pretrained(written)
        assert processor.tokenizer("äb ça").input_ids == [model.vocabulary.pieces.get(c, 1) for c in "äb ça"]
    again = fit(arguments(tmp_path / "again", cuts, "--model.init", str(tmp_path / "run" / "last.ckpt")))
    assert again is not None
    resumed = arguments(tmp_path / "run", cuts, "--model.init", name, "--model.vocabulary", "from-data")
    fit([*resumed, "--resume", "last", "--trainer.max_steps", "3"])


def test_a_pretrained_model_without_output_layer_or_tokenizer(tmp_path: Path, cuts: Path) -> None:
    folder = saved(tmp_path / "model", "wav2vec2")
    base = transformers.Wav2Vec2Model.from_pretrained(folder)
    base.save_pretrained(folder)
    for file in ("vocab.json", "tokenizer_config.json"):
        (folder / file).unlink()
    with pytest.raises(ModelError, match=r"its tokenizer, vocab\.json or tokenizer\.json"):
        fit(arguments(tmp_path / "run", cuts, "--model.init", f"hf:{folder}"))
    new = ("--model.init", f"hf:{folder}", "--model.vocabulary", "from-data")
    with pytest.warns(TrainingWarning, match="12 symbols with random rows"):
        written = fit(arguments(tmp_path / "run", cuts, *new))
    trained = transformers.AutoModelForCTC.from_pretrained(written)
    assert trained.lm_head.weight.shape[0] == 12
    weight = trained.wav2vec2.feature_extractor.conv_layers[3].conv.weight
    torch.testing.assert_close(weight, base.feature_extractor.conv_layers[3].conv.weight, rtol=0, atol=0.01)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_model_of_transformers_gets_word_pieces(tmp_path: Path, kind: str) -> None:
    import sentencepiece

    cuts = make_cuts(tmp_path / "train", 4)
    lines = [text for text, _ in texts_of(str(cuts))]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 20), model_prefix=str(tmp_path / "pieces"), vocab_size=14, model_type=kind,
        hard_vocab_limit=False, character_coverage=1.0, minloglevel=2,
    )  # fmt: skip
    folder = saved(tmp_path / "model", "wav2vec2")
    pieces = ("SentencePieceTokenizer", "--model.tokenizer.model", str(tmp_path / "pieces.model"))
    new = ("--model.init", f"hf:{folder}", "--model.tokenizer", *pieces)
    with pytest.warns(TrainingWarning, match="with the means of the rows of their letters"):
        written = fit(arguments(tmp_path / "run", cuts, *new))
    model = ctcalign.load_model(f"hf:{written}")
    assert model.vocabulary.word_pieces
    tokenizer = transformers.AutoTokenizer.from_pretrained(written)
    own = SentencePieceTokenizer(str(tmp_path / "pieces.model"))
    for line in [*lines, "cab  dad abba"]:
        labels = tokenizer(line).input_ids
        assert labels == [label - 1 for label in own.encode(line)[0]]
        assert tokenizer.decode(labels) == " ".join(line.split())
    assert model.vocabulary.blank == len(own.vocabulary) - 1


def test_letters_that_the_model_lacks_are_told(tmp_path: Path, cuts: Path) -> None:
    with pytest.warns(
        TrainingWarning, match=r"builtin:en has no symbols for 2 letters .*\(ä in 2, ç in 1; of 6 texts\)"
    ):
        fit(arguments(tmp_path / "run", cuts, "--model.init", "builtin:en"))


def test_wrong_vocabularies(tmp_path: Path, cuts: Path) -> None:
    new = ("--model.init", "builtin:en", "--model.vocabulary")
    both = ("--model.tokenizer", "CharacterTokenizer", "--model.tokenizer.characters", "ab")
    with pytest.raises(UsageError, match=r"model\.vocabulary: there is model.tokenizer as well"):
        fit(arguments(tmp_path / "run", cuts, *new, "from-data", *both))
    with pytest.raises(UsageError, match="vocabulary"):
        fit(arguments(tmp_path / "run", cuts, *new, "from-file"))
    empty = make_cuts(tmp_path / "empty", 1)
    listed = list(CutSet.from_file(empty))
    listed[0].supervisions[0].text = "[music]"
    CutSet.from_cuts(listed).to_file(empty)
    with pytest.raises(UsageError, match=r"model.vocabulary: the 1 texts of data.train have no letters"):
        fit(arguments(tmp_path / "run", empty, *new, "from-data"))
