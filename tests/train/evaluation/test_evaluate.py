"""Evaluation of a model whose words are known, and the commands fit and evaluate."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.errors import CtcAlignError, ModelError
from ctcalign.models.training.tokenizers import text_of
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.cuts import open_cuts, timed_words
from ctcalign.train.evaluation.decoding import Decoder
from ctcalign.train.evaluation.evaluate import evaluate_cuts
from ctcalign.train.evaluation.validation import normalised_reference
from egs.mini_en.objectives.local.ngram import counts, probabilities, write_arpa
from tests.train.tones import config, make_cuts

SHIFT = 0.01


class Parrot:
    """Says the words of cuts, each letter for a frame, the last `late` seconds after the word's end."""

    name, frame_shift, sample_rate = "parrot", SHIFT, 16_000
    context, spike_delay, language, licence = None, 0.0, None, "none"
    vocabulary = Vocabulary(("_", " ", *"abcdz"), separator=1)

    def __init__(self, cuts, late: float, wrong: str) -> None:
        self.words = {round(cut.duration * 16_000): timed_words(cut) for cut in cuts}
        self.late, self.wrong = late, wrong

    def __call__(self, waveform, lengths):
        frames = int(lengths[0]) // 160 + 60
        path = torch.zeros(frames, dtype=torch.int64)
        for word in self.words[int(lengths[0])]:
            text = "z" + word.text[1:] if word.text == self.wrong else word.text
            last = round((word.end + self.late) / SHIFT)
            path[last - len(text)] = 1
            for back, letter in enumerate(reversed(text)):
                path[last - back] = self.vocabulary.symbols.index(letter)
        scores = torch.nn.functional.one_hot(path, len(self.vocabulary)) * 20.0
        return scores.log_softmax(-1)[None], torch.tensor([frames])


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("test"), 12, seed=2)


@pytest.mark.parametrize("kind", ["greedy", "beam"])
def test_rates_and_delays_are_those_of_what_was_said(cuts, kind):
    opened = list(open_cuts("cuts", str(cuts)))
    parrot = Parrot(opened, 0.2, "dad")
    parrot.warnings = ["a feather is missing"]
    found = evaluate_cuts(parrot, opened, Decoder(kind, beam=4), device="cpu")
    assert found.to_dict()["warnings"] == ["a feather is missing"]
    words = [word.text for cut in opened for word in timed_words(cut)]
    wrong = words.count("dad")
    assert 0 < wrong < len(words)
    assert found.wer.value == pytest.approx(wrong / len(words))
    assert found.wer.low < found.wer.value < found.wer.high
    assert found.cer.value == pytest.approx(wrong / sum(len(" ".join(w.text for w in timed_words(c))) for c in opened))
    assert found.words.substitutions == wrong
    assert found.delay is not None
    assert found.delay["matched"] == len(words) - wrong
    assert found.delay["mean"] == pytest.approx(0.2, abs=SHIFT)
    assert found.look_ahead is None
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["delay"]["unmatched_reference"] == wrong


def test_unusable_audio_is_counted(cuts, tmp_path):
    opened = list(open_cuts("cuts", str(cuts)))
    model = Parrot(opened, 0.0, "")
    opened[0].supervisions = []
    opened[1].recording.sources[0].source = str(tmp_path / "gone.wav")
    found = evaluate_cuts(model, opened, device="cpu")
    assert found.skipped == {"unreadable": 1, "untranscribed": 1}
    assert len(found.utterances) == 10
    with pytest.raises(CtcAlignError, match="no words to compare with"):
        evaluate_cuts(model, opened[:2], device="cpu")


def test_cuts_that_are_longer_than_the_model_takes_are_counted(cuts):
    opened = sorted(open_cuts("cuts", str(cuts)), key=lambda cut: cut.duration)
    parrot = Parrot(opened, 0.2, "")
    parrot.longest = opened[-2].duration
    found = evaluate_cuts(parrot, opened, device="cpu")
    assert dict(found.skipped) == {"too_long": 1}
    assert f"cut {opened[-1].id}: " in str(found.skipped)
    assert len(found.utterances) == len(opened) - 1


def test_references_are_normalised_unless_they_are_to_stay(cuts):
    """Punctuation, mark-up, capitals and invisible characters are no errors; words without symbols are counted."""
    opened = list(open_cuts("cuts", str(cuts)))
    model = Parrot(opened, 0.2, "")
    rewritten = list(open_cuts("cuts", str(cuts)))
    for cut in rewritten:
        words = cut.supervisions[0].text.split()
        cut.supervisions[0].text = " ".join(f"{word[:1].upper()}\u00ad{word[1:]}," for word in words)
        items = cut.supervisions[0].alignment["word"]
        cut.supervisions[0].alignment["word"] = [
            item._replace(symbol=text) for item, text in zip(items, cut.supervisions[0].text.split(), strict=True)
        ]
    found = evaluate_cuts(model, rewritten, device="cpu")
    assert found.wer.value == 0
    assert found.delay is not None
    assert found.delay["mean"] == pytest.approx(0.2, abs=SHIFT)
    assert found.about["text"] == "normalised"
    assert found.unwritable == []
    as_is = evaluate_cuts(model, rewritten, device="cpu", text="as-is")
    assert as_is.wer.value == 1
    assert len(as_is.unwritable) == as_is.words.reference_length
    rewritten[0].supervisions[0].text += " xyzzy"
    assert evaluate_cuts(model, rewritten, device="cpu").to_dict()["unwritable_words"] == 1


def test_what_is_left_out_is_named(cuts, tmp_path):
    opened = list(open_cuts("cuts", str(cuts)))
    model = Parrot(opened, 0.0, "")
    opened[0].supervisions[0].duration += 1.0
    opened[1].recording.sources[0].source = str(tmp_path / "gone.wav")
    opened[2].supervisions[0].start = -0.5
    opened[3].supervisions[0].duration += 0.05  # rounding
    found = evaluate_cuts(model, opened, device="cpu")
    assert found.skipped == {"partial": 2, "unreadable": 1}
    assert "gone.wav" in found.skipped.examples["unreadable"][0]
    assert opened[1].id in found.skipped.examples["unreadable"][0]
    assert f"cut {opened[0].id}: its text belongs to 0 to " in found.skipped.examples["partial"][0]
    assert json.loads(json.dumps(found.to_dict()))["skipped"] == {"partial": 2, "unreadable": 1}


def test_commands(cuts, tmp_path):
    run = CliRunner()
    folder = tmp_path / "run"
    file = config(folder, cuts, trainer={"max_steps": 2})
    result = run.invoke(commands, ["fit", "--config", str(file), "--seed", "7"])
    assert result.exit_code == 0, result.output
    model = result.stdout.split()[-1]
    assert model == str(folder / "model.safetensors")
    result = run.invoke(commands, ["evaluate", str(cuts), "--model", f"checkpoint:{model}", "--quiet"])
    assert result.exit_code == 0, result.output
    assert {"WER", "CER", "words", "look-ahead"} <= {line.split()[0] for line in result.output.splitlines()}
    arguments = ["evaluate", str(cuts), "--model", f"checkpoint:{folder / 'last.ckpt'}", "--json", "-q"]
    report = json.loads(run.invoke(commands, [*arguments, "--decode", "beam", "--beam", "3"]).stdout)
    assert report["utterances"] == 12
    assert report["decode"] == "beam"
    if find_spec("kenlm"):
        write_arpa(tmp_path / "two.arpa", *probabilities(counts(["a b", "b c"], 2)))
        arguments = ["evaluate", str(cuts), "--model", f"checkpoint:{model}", "-q", "--decode", "beam", "--lm"]
        result = run.invoke(commands, [*arguments, str(tmp_path / "two.arpa")])
        assert result.exit_code == 0, result.output
        [row] = [line for line in result.output.splitlines() if line.startswith("lm ")]
        assert "two.arpa" in "".join(result.output.split())
        assert row.split()[:3] == ["lm", "0.5", "times"]
        report = json.loads(run.invoke(commands, [*arguments, str(tmp_path / "two.arpa"), "--json"]).stdout)
        assert report["lm"] == str(tmp_path / "two.arpa")
    for arguments, status, message in (
        (["fit"], 2, "expected options"),
        (["fit", "--config", str(file), "--data.max_durationn", "3"], 2, "max_durationn"),
        (["fit", "--config", str(file), "--trainer.max_step", "3"], 2, "max_step"),
        (["fit", "--config", str(tmp_path / "none.yaml")], 2, "none.yaml"),
        (["evaluate", str(tmp_path)], 2, "a folder without Shar cuts"),
        (["evaluate", str(cuts), "--model", "checkpoint:none"], 1, "no such file"),
        (["evaluate", str(cuts), "--lm", str(file)], 2, ""),
    ):
        result = run.invoke(commands, arguments)
        assert result.exit_code == status, (arguments, result.output)
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("symbol", ["é", "e\u0301"])
@pytest.mark.parametrize("text", ["café", "cafe\u0301"])
def test_a_reference_in_any_normal_form(symbol, text):
    vocabulary = Vocabulary(("_", " ", *"caf", symbol), separator=1)
    recognised = text_of(vocabulary, [2, 3, 4, 5])
    assert normalised_reference(text, vocabulary) == recognised == "café"
    assert normalised_reference(f"{text}q", vocabulary) == "caféq"  # a word that the model cannot write


class Convolution:
    """Fails on less than its receptive field of 0.3 s, as models of other libraries do."""

    name, frame_shift, sample_rate = "convolution", 0.02, 16_000
    context, spike_delay, language, licence = None, 0.0, None, "none"
    vocabulary = Vocabulary(("_", " ", *"abcdz"), separator=1)

    def __call__(self, waveform, lengths):
        kernel = torch.ones(len(self.vocabulary), 1, 4_800) * torch.arange(len(self.vocabulary))[:, None, None]
        scores = torch.nn.functional.conv1d(waveform[:, None], kernel, stride=320).transpose(1, 2)
        return scores.log_softmax(-1), ((lengths - 4_800) // 320 + 1).clamp(min=0)


@pytest.mark.parametrize("size", [0, 5, 400, 3_000])
def test_cuts_shorter_than_the_receptive_field(cuts, size):
    [cut] = list(open_cuts("cuts", str(cuts)))[:1]
    short = cut.truncate(duration=max(size, 1) / 16_000)
    short.supervisions[0].start, short.supervisions[0].duration = 0.0, short.duration  # else it is `partial`
    if not size:
        short.load_audio = lambda: torch.zeros(1, 0).numpy()
    found = evaluate_cuts(Convolution(), [cut, short], device="cpu")
    assert [one.id for one in found.utterances] == [cut.id, short.id]
    assert found.utterances[1].hyp_text == ""
    assert found.utterances[1].words.deletions == found.utterances[1].words.reference_length > 0


def test_a_model_with_other_columns_than_symbols(cuts):
    class Wrong(Convolution):
        vocabulary = Vocabulary(("_", "a"))

        def __call__(self, waveform, lengths):
            return torch.zeros(1, 9, 3), torch.tensor([9])

    with pytest.raises(ModelError, match="the model returns 3 columns but its vocabulary has 2 symbols"):
        evaluate_cuts(Wrong(), open_cuts("cuts", str(cuts)), device="cpu")
