"""Rows of a new output layer: which come from the old one, and how a first alignment finds the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ctcalign.models import load_model
from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.training.new_symbols import NewSymbols, Origin, new_layer, origins, same_symbols, set_rows
from ctcalign.models.training.registry import open_trainable
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train import CTCModule
from ctcalign.train.notices import TrainingWarning
from ctcalign.train.recogniser.export import header_of
from ctcalign.train.recogniser.first_alignment import Utterance, mixtures_of
from tests.models.training.small_models import saved

OLD = Vocabulary(("-", "|", "E", "S", "T", "'"), blank=0, separator=1)
NEW = Vocabulary(("t", "<blank>", "é", "st", "ж", " ", "e", "ß"), blank=1, separator=5)
PIECES = Vocabulary(("<blank>", "<unk>", "\u2581", "\u2581te", "es"), unknown=1, word_pieces=True)


def test_origins() -> None:
    assert origins(OLD, NEW) == [
        Origin("carried", (4,)),
        Origin("carried", (0,)),
        Origin("folded", (2,)),
        Origin("pieces", (3, 4)),
        Origin("unseen"),
        Origin("carried", (1,)),
        Origin("carried", (2,)),
        Origin("folded", (3, 3)),
    ]
    assert origins(OLD, PIECES) == [
        Origin("carried", (0,)),
        Origin("unseen"),
        Origin("carried", (1,)),
        Origin("pieces", (4, 2)),
        Origin("pieces", (2, 3)),
    ]
    assert origins(OLD, OLD) == [Origin("carried", (column,)) for column in range(6)]
    assert same_symbols(OLD, Vocabulary(("<pad>", " ", *OLD.symbols[2:]), separator=1))
    assert not same_symbols(OLD, NEW)


@pytest.mark.parametrize(
    "layer",
    [nn.Linear(3, 6), nn.Linear(3, 6, bias=False), nn.Conv1d(3, 6, 1), nn.Linear(3, 12)],
    ids=["linear", "no bias", "convolution", "two frames"],
)
def test_rows_are_means_of_old_rows(layer: nn.Module) -> None:
    x = torch.randn(1, 3, 5) if isinstance(layer, nn.Conv1d) else torch.randn(5, 3)

    def logits(of: nn.Module, size: int) -> torch.Tensor:
        """(frames, symbols)"""
        return (of(x)[0].T if isinstance(of, nn.Conv1d) else of(x)).reshape(-1, size)

    made = new_layer(layer, OLD, NEW, origins(OLD, NEW))
    assert type(made) is type(layer)
    before, after = logits(layer, 6), logits(made, 8)
    for new, old in {0: 4, 1: 0, 2: 2, 5: 1, 6: 2, 7: 3}.items():
        torch.testing.assert_close(after[:, new], before[:, old])
    torch.testing.assert_close(after[:, 3], (before[:, 3] + before[:, 4]) / 2)
    set_rows(made, layer, 6, {4: torch.tensor([0, 0, 0.25, 0, 0.75, 0])}, 8)
    torch.testing.assert_close(logits(made, 8)[:, 4], 0.25 * before[:, 2] + 0.75 * before[:, 4])
    torch.testing.assert_close(logits(made, 8)[:, 3], after[:, 3])


def test_a_first_alignment_finds_what_unseen_letters_sound_like() -> None:
    """Where the text has щ the old model recognises "s" or "t", and where it has é, "e"."""
    new = Vocabulary(("<blank>", " ", "e", "s", "t", "щ", "é"), separator=1)
    symbols = NewSymbols(OLD, new, nn.Linear(2, 6), tuple(origins(OLD, new)))
    assert symbols.unrelated == [5, 6]
    rng = np.random.default_rng(0)
    sounds = {"e": [2], "s": [3], "t": [4], "щ": [3, 4], "é": [2], " ": [1]}
    utterances = []
    for text in ("eщt", "щe", "t éщ", "séщe") * 4:
        frames = [column for c in text for column in (0, int(rng.choice(sounds[c])))]
        probs = np.full((len(frames), 6), 0.01)
        probs[np.arange(len(frames)), frames] = 0.95
        utterances.append(Utterance(np.log(probs), [new.symbols.index(c) for c in text]))
    mixtures, counts = mixtures_of(symbols, utterances)
    assert counts == {5: 16, 6: 8}
    assert mixtures[6].argmax() == 2
    assert mixtures[6][2] > 0.9
    assert mixtures[5][[3, 4]].sum() > 0.9
    assert mixtures[5][[3, 4]].min() > 0.2
    for mixture in mixtures.values():
        assert mixture.sum() == pytest.approx(1)
        assert mixture[0] == 0


@pytest.mark.parametrize("family", ["builtin:en", "wav2vec2", "parakeet"])
def test_a_model_with_more_letters_gives_the_same_scores_to_the_old_ones(tmp_path: Path, family: str) -> None:
    name = family if family.startswith("builtin") else f"hf:{saved(tmp_path / 'model', family)}"
    model = open_trainable(name)
    inputs = model.inputs(np.random.default_rng(0).standard_normal(16_000).astype(np.float32) / 10)[None]
    lengths = torch.tensor([inputs.shape[1]])
    model.network.eval()
    with torch.inference_mode():
        before, frames = model.network(inputs, lengths)
    tokenizer = model.with_symbols(CharacterTokenizer(" abcdéж"))
    with torch.inference_mode():
        after, counted = model.network(inputs, lengths)
        with model.old_symbols():
            torch.testing.assert_close(model.network(inputs, lengths)[0], before)
    assert counted.tolist() == frames.tolist()
    assert after.shape[-1] == len(model.vocabulary) == 8
    assert tokenizer.encode("céd жa")[1] == ()
    found = model.new_symbols
    assert found is not None
    first = found.new.pieces["a"]
    for column in (found.new.blank, *(found.new.pieces[c] for c in "bcd")):
        [old] = found.origins[column].columns
        torch.testing.assert_close(
            after[..., column] - after[..., first], before[..., old] - before[..., found.origins[first].columns[0]],
            rtol=1e-4, atol=1e-4,
        )  # fmt: skip


def test_our_own_networks_get_other_letters(tmp_path: Path) -> None:
    module = CTCModule(ConvEncoder(dim=16, blocks=1, kernel=3), CharacterTokenizer(" ab"))
    first = module.model.save(tmp_path / "a.safetensors", header_of(module.model, {}), module.network.state_dict())
    with pytest.warns(TrainingWarning, match="5 symbols: 4 with the rows of the same symbols, 1 with the mean"):
        other = CTCModule(init=str(first), tokenizer=CharacterTokenizer(" abж"))
    written = other.model.save(tmp_path / "b.safetensors", header_of(other.model, {}), other.network.state_dict())
    assert load_model(f"checkpoint:{written}").vocabulary.symbols == ("<blank>", " ", "a", "b", "ж")
