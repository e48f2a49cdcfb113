"""Evaluation of a model that a guide steers, from Python and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.errors import UsageError
from ctcalign.models.guide import Guide
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.cuts import open_cuts, text_of_cut
from ctcalign.train.evaluation.decoding import Decoder
from ctcalign.train.evaluation.evaluate import evaluate_cuts
from tests.train.tones import config, make_cuts


class Speller:
    """Writes the text of each cut, a symbol in every second frame; of "d" it knows that it is "d" or "a".

    Args:
        certain: probability of a "d" that is spoken; the rest is that of "a".
    """

    name, sample_rate = "speller", 16_000
    context, spike_delay, language, licence = None, 0.0, None, "none"

    def __init__(self, cuts, certain: float, symbols: str = "_ abcd", frame_shift: float = 0.02, rate: int = 16_000):
        self.texts = {cut.duration: text_of_cut(cut) for cut in cuts}
        self.certain, self.frame_shift, self.sample_rate = certain, frame_shift, rate
        self.vocabulary = Vocabulary(tuple(symbols), blank=symbols.index("_"), separator=symbols.index(" "))

    def __call__(self, waveform, lengths):
        seconds = int(lengths[0]) / self.sample_rate
        text = self.texts[min(self.texts, key=lambda duration: abs(duration - seconds))]
        frames = max(round(seconds / self.frame_shift), 2 * len(text) + 1)
        symbols = [symbol.lower() for symbol in self.vocabulary.symbols]
        probabilities = torch.full((1, frames, len(symbols)), 1e-4)
        probabilities[..., symbols.index("_")] = 1.0
        for place, letter in enumerate(text):
            probabilities[0, 2 * place, symbols.index("_")] = 1e-4
            probabilities[0, 2 * place, symbols.index(letter)] = 1.0
            if letter == "d":
                probabilities[0, 2 * place, symbols.index("d")] = self.certain
                probabilities[0, 2 * place, symbols.index("a")] = 1 - self.certain
        return (probabilities / probabilities.sum(-1, keepdim=True)).log(), torch.tensor([frames])


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("test"), 8, seed=2)


def test_a_guide_corrects_what_it_knows_better(cuts):
    """Models of other frame rates, sample rates, orders and cases of symbols."""
    opened = list(open_cuts("cuts", str(cuts)))
    big = Speller(opened, 0.4)
    adapted = Speller(opened, 0.9, "DCBA _", 0.03, 8_000)
    base = Speller(opened, 0.5, "DCBA _", 0.05, 8_000)
    wrong = evaluate_cuts(big, opened, Decoder("beam", 4), device="cpu")
    assert wrong.words.substitutions == sum("d" in word for cut in opened for word in text_of_cut(cut).split()) > 2
    for guide in (Guide(adapted, weight=0.5), Guide(adapted, base, 0.5)):
        found = evaluate_cuts(big, opened, Decoder("beam", 4, guide=guide), device="cpu")
        assert found.wer.value == 0
        assert found.to_dict()["guide"] == "speller"
        assert found.to_dict()["guide_weight"] == 0.5
    # Odds of 0.4 / 0.6 against 1.5^w * (0.9 / 0.1)^0 of a base that is the guide: nothing changes.
    for guide in (Guide(adapted, adapted, 2.0), Guide(adapted, weight=0.0)):
        found = evaluate_cuts(big, opened, Decoder("beam", 4, guide=guide), device="cpu")
        assert [one.hyp_text for one in found.utterances] == [one.hyp_text for one in wrong.utterances]
    # (0.9 / 0.1)^w beats 0.6 / 0.4 from w = 0.185 on.
    for weight, right in ((0.17, False), (0.2, True)):
        found = evaluate_cuts(big, opened, Decoder("beam", 4, guide=Guide(adapted, weight=weight)), device="cpu")
        assert (found.wer.value == 0) == right


def test_a_language_model_rescores_guided_texts(cuts):
    class Dislikes:
        def score(self, sentence: str, bos: bool = True, eos: bool = True) -> float:
            return -2.0 * sentence.count("d")

    opened = list(open_cuts("cuts", str(cuts)))
    guide = Guide(Speller(opened, 0.9), weight=1.0)
    decoder = Decoder("beam", 64, Dislikes(), lm_weight=1.0, guide=guide)
    found = evaluate_cuts(Speller(opened, 0.4), opened, decoder, device="cpu")
    assert not any("d" in one.hyp_text for one in found.utterances)


def test_wrong_guides_are_named_before_the_first_cut(cuts):
    opened = list(open_cuts("cuts", str(cuts)))
    with pytest.raises(UsageError, match="guide: greedy decoding has no guide"):
        Decoder(guide=Guide(Speller(opened, 0.5)))
    numbers: list[int] = []
    decoder = Decoder("beam", guide=Guide(Speller(opened, 0.5, "_ abcde")))
    with pytest.raises(UsageError, match=r"guide: the symbols of speller .*also has 'e'"):
        evaluate_cuts(Speller(opened, 0.5), opened, decoder, device="cpu", progress=numbers.append)
    assert numbers == []
    with pytest.raises(UsageError, match="log_probs_of: missing"):
        Decoder("beam", guide=Guide(Speller(opened, 0.5))).path(torch.zeros(1, 6), Speller(opened, 0.5).vocabulary)


def test_commands_with_saved_models(cuts, tmp_path):
    run = CliRunner()
    models = []
    for steps in (2, 4):
        file = config(tmp_path / f"run-{steps}", cuts, trainer={"max_steps": steps})
        models.append("checkpoint:" + run.invoke(commands, ["fit", "--config", str(file)]).stdout.split()[-1])
    beam = ["--decode", "beam", "--beam", "4", "-q"]
    evaluate = ["evaluate", str(cuts), "--model", models[0]]
    alone = json.loads(run.invoke(commands, [*evaluate, *beam, "--json"]).stdout)
    same = [*evaluate, *beam, "--guide", models[1], "--guide-base", models[1], "--guide-weight", "0.7"]
    report = json.loads(run.invoke(commands, [*same, "--json"]).stdout)
    assert report["guide"] == report["guide_base"] == models[1]
    assert report["guide_weight"] == 0.7
    assert "guide" not in alone
    assert abs(report["wer"]["value"] - alone["wer"]["value"]) < 0.5
    table = run.invoke(commands, same).stdout
    row = next(line for line in table.splitlines() if line.startswith("guide"))
    assert row.split()[1:3] == ["0.7", "times"]
    talk = str(next(Path(cuts).parent.glob("*.wav")))
    transcribe = ["transcribe", talk, "--model", models[0], "--format", "vtt", "-o", "-", "-q"]
    found = run.invoke(commands, [*transcribe, "--decoder", "beam", "--guide", models[1]])
    assert found.exit_code == 0, found.output
    for arguments, message in (
        ([*evaluate, "--guide", models[1]], "--guide: needs a beam search, but --decode is greedy; add --decode beam"),
        ([*transcribe, "--guide", models[1]], "but --decoder is greedy"),
        ([*evaluate, *beam, "--guide-base", models[1]], "--guide-base: got checkpoint:"),
        ([*transcribe, "--guide-weight", "0.5"], "--guide-weight: got 0.5 without --guide"),
        ([*evaluate, *beam, "--guide", models[1], "--guide-weight", "nan"], "guide_weight: got nan"),
        ([*evaluate, *beam, "--guide", "builtin:en"], "guide: the symbols of builtin:en are not those of checkpoint:"),
        ([*evaluate, *beam, "--guide", "builtin:xx"], "builtin:xx"),
    ):
        result = run.invoke(commands, arguments)
        assert result.exit_code == 2, (arguments, result.output)
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1
