"""Models of transformers in training against transformers itself: inputs, logits, losses, and files."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
import torch

from ctcalign.models.training.hugging_face.model import HuggingFaceTrainable, open_model
from ctcalign.train import CTCModule
from ctcalign.train.data.batch import Batch
from ctcalign.train.recogniser.export import export_checkpoint, header_of
from tests.models.hugging_face.small_models import transformers
from tests.models.training.small_models import FAMILIES, saved, speech

LENGTHS = (16_000, 11_000, 9_700)
TEXTS = ["ab cab", "dad", "bad ca"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("families")
    return {family: saved(base / family, family) for family in FAMILIES}


def batch_of(model: HuggingFaceTrainable, lengths: tuple[int, ...] = LENGTHS) -> Batch:
    """A batch as the workers make it."""
    maker = pickle.loads(pickle.dumps(model.inputs))
    assert maker == model.inputs
    rows = [maker(one) for one in speech(lengths)]
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=maker.padding)
    names = [f"cut{number}" for number in range(len(rows))]
    return Batch(padded, torch.tensor([len(row) for row in rows]), TEXTS, names)


def theirs(folder: Path, lengths: tuple[int, ...] = LENGTHS) -> tuple[object, dict[str, torch.Tensor]]:
    """Transformers' network and its inputs, normalised one by one and padded as in its examples of training."""
    network = transformers.AutoModelForCTC.from_pretrained(folder)
    network.config.ctc_loss_reduction = "mean"
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    rows = speech(lengths)
    if network.main_input_name == "input_features":
        return network, dict(extractor(rows, sampling_rate=16_000, padding=True, return_tensors="pt"))
    alone = [{"input_values": extractor(row, sampling_rate=16_000).input_values[0]} for row in rows]
    return network, dict(extractor.pad(alone, padding=True, return_tensors="pt"))


def labels_of(folder: Path) -> torch.Tensor:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    upper = "A" in tokenizer.get_vocab()
    ids = [tokenizer(text.upper() if upper else text, add_special_tokens=False).input_ids for text in TEXTS]
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(one) for one in ids], batch_first=True, padding_value=-100)


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_with_padding_equal_those_of_transformers(folders: dict[str, Path], family: str) -> None:
    model = open_model(str(folders[family]))
    batch = batch_of(model)
    network, inputs = theirs(folders[family])
    with torch.inference_mode():
        log_probs, frames = model.network.eval()(batch.inputs, batch.lengths)
        expected = network.eval()(**inputs).logits.log_softmax(-1)
    assert frames.tolist() == sorted(frames.tolist(), reverse=True)
    for row, other, count in zip(log_probs, expected, frames.tolist(), strict=True):
        torch.testing.assert_close(row[:count], other[:count], rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_loss_and_gradients_equal_those_of_transformers(folders: dict[str, Path], family: str) -> None:
    # Without an attention mask transformers counts the padding as speech in its loss.
    lengths = (12_000,) * 3 if family == "group_norm" else LENGTHS
    module = CTCModule(init=f"hf:{folders[family]}")
    step = module.losses(batch_of(module.model, lengths))
    assert step.count == 3
    step.terms["ctc"].value.backward()
    network, inputs = theirs(folders[family], lengths)
    loss = network.train()(**inputs, labels=labels_of(folders[family])).loss
    loss.backward()
    torch.testing.assert_close(step.terms["ctc"].value, loss, rtol=1e-5, atol=1e-5)
    own = dict(module.network.model.named_parameters())
    expected = {name: one.grad for name, one in network.named_parameters() if one.grad is not None}
    assert expected.keys() == {name for name, one in own.items() if one.grad is not None}
    # Gradients that cancel (a bias before a normalisation) are rounding errors of the others.
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    for name, gradient in expected.items():
        torch.testing.assert_close(own[name].grad, gradient, rtol=1e-3, atol=1e-5 * largest)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_parameter_belongs_to_one_layer(folders: dict[str, Path], family: str) -> None:
    model = open_model(str(folders[family]))
    layers = model.layers()
    assert layers[-1] == f"{model.head}."
    assert sum(".layers." in one for one in layers) == 2
    for name, _ in model.network.named_parameters():
        assert sum(name.startswith(one) for one in layers) == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_checkpoint_becomes_a_folder_that_transformers_loads(
    folders: dict[str, Path], tmp_path: Path, family: str, capfd: pytest.CaptureFixture[str]
) -> None:
    module = CTCModule(init=f"hf:{folders[family]}")
    with torch.no_grad():
        for parameter in module.network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    training = {"language": "de", "licence": "apache-2.0", "data": {"train": ["some/where/cuts.jsonl.gz"]}}
    header = header_of(module.model, training, metrics={"val_wer": 0.125, "val_cer": 0.05})
    weights = {f"network.{name}": value for name, value in module.network.state_dict().items()}
    torch.save({"ctcalign": copy.deepcopy(header), "state_dict": weights}, tmp_path / "last.ckpt")
    del module.model
    capfd.readouterr()
    folder = export_checkpoint(tmp_path / "last.ckpt", tmp_path / "model")
    assert capfd.readouterr() == ("", "")
    network = transformers.AutoModelForCTC.from_pretrained(folder).eval()
    processor = transformers.AutoProcessor.from_pretrained(folder)
    assert type(processor) is type(transformers.AutoProcessor.from_pretrained(folders[family]))
    _, inputs = theirs(folders[family])
    with torch.inference_mode():
        trained = module.network.eval().model(**inputs).logits
        torch.testing.assert_close(network(**inputs).logits, trained, rtol=0, atol=0)
    before = transformers.AutoTokenizer.from_pretrained(folders[family])
    assert processor.tokenizer.get_vocab() == before.get_vocab()
    card = (folder / "README.md").read_text()
    for part in ("license: apache-2.0", "language: de", "library_name: transformers", "12.50 %", "cuts.jsonl.gz"):
        assert part in card
    assert "some/where" not in card
