"""A teacher: its loss against plain tensors, what it gets, what counts for it, and what of it a checkpoint holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctcalign.errors import ModelError, UsageError
from ctcalign.models import load_model
from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.encoders.recogniser import save_recogniser
from ctcalign.models.stored import fingerprint
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.train import CTCModule
from ctcalign.train.data.augmentation import Augmentation, NoiseConfig
from ctcalign.train.data.batch import Batch
from ctcalign.train.data.cuts import open_cuts, read_samples
from ctcalign.train.data.drawing import ProcessBatch
from ctcalign.train.data.loading import Reader, TeacherInputs
from ctcalign.train.recogniser.export import header_of
from ctcalign.train.recogniser.teacher import TeacherConfig
from ctcalign.train.run import fit
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.optimiser.test_accumulation import gradients_kept, near
from tests.train.preference.cases import trained
from tests.train.tones import config, log_of, make_cuts


def saved(path: Path, characters: str = "dcba ", subsampling: int = 4, **about: Any) -> str:
    """A teacher with frames of its own and the symbols of the model in another order."""
    torch.manual_seed(9)
    encoder = ConvEncoder(dim=16, blocks=1, kernel=3, subsampling=subsampling)
    module = CTCModule(encoder, CharacterTokenizer(characters))
    save_recogniser(path, module.network, header_of(module.model, about))
    return f"checkpoint:{path}"


@pytest.fixture(scope="module")
def teacher(tmp_path_factory) -> str:
    return saved(tmp_path_factory.mktemp("teacher") / "teacher.safetensors")


def taught(teacher: str, **options: Any) -> CTCModule:
    return recogniser(teacher=TeacherConfig(teacher, **options))


def with_teacher_inputs(batch: Batch, reasons: dict[int, str] | None = None) -> Batch:
    """The batch with inputs of the teacher, and reasons why utterances are skipped."""
    inputs = batch.inputs.flip(2)
    listed = [(reasons or {}).get(place, "") for place in range(len(batch.ids))]
    return replace(batch, teacher_inputs=inputs, teacher_lengths=batch.lengths, reasons=listed)


def expected(module: CTCModule, batch: Batch, place: int, shift: float, temperature: float) -> float:
    """The loss of one utterance, by single frames: the teacher's are 40 ms, the model's 20 ms."""
    frames = slice(place, place + 1), slice(0, int(batch.lengths[place]))
    own, _ = module.network(batch.inputs[frames], batch.lengths[place : place + 1])
    other, _ = module.teacher.network(batch.teacher_inputs[frames], batch.lengths[place : place + 1])
    own = (own[0].detach() / temperature).log_softmax(-1)
    other = (other[0] / temperature).softmax(-1)[:, [0, 5, 4, 3, 2, 1]]
    total, best = 0.0, []
    for t in range(len(own)):
        begin = 20 * t - round(1000 * shift)  # milliseconds
        if begin < 0 or begin + 20 > 40 * len(other):
            continue
        first, last = begin // 40, (begin + 19) // 40
        share = min(1.0, (40 * (first + 1) - begin) / 20)
        goal = share * other[first] + ((1 - share) * other[last] if share < 1 else 0)
        total += float((goal * (goal.log() - own[t])).sum())
        best.append(int(goal.argmax()))
    labels = sum(one != 0 and (not k or one != best[k - 1]) for k, one in enumerate(best))
    return temperature**2 * total / max(1, labels)


@pytest.mark.parametrize(("shift", "temperature"), [(0.0, 1.0), (0.11, 1.0), (-0.06, 2.0)])
def test_the_loss_is_that_of_single_frames(teacher, shift, temperature):
    module = taught(teacher, shift=shift, temperature=temperature, weight=0.3)
    batch = with_teacher_inputs(utterances(range(4)), {1: "untranscribed", 3: "unreadable"})
    batch.texts[1] = ""
    step = module.losses(batch)
    losses = [expected(module, batch, place, shift, temperature) for place in range(3)]
    assert float(step.terms["distil"].value) == pytest.approx(np.mean(losses))
    assert step.terms["distil"].weight == 0.3
    assert step.terms["distil"].number == 3
    assert step.count == 2
    assert step.used == 3  # the untranscribed one is used
    assert {reason: number for reason, number in step.skipped.items() if number} == {"unreadable": 1}


def test_the_shift_is_the_difference_of_the_delays(tmp_path):
    early = saved(tmp_path / "early.safetensors", spike_delay=-0.04)
    late = saved(tmp_path / "late.safetensors", spike_delay=0.12)
    unknown = saved(tmp_path / "unknown.safetensors")
    for own, other, shift in ((late, early, 0.16), (early, late, -0.16), (unknown, late, 0.0), (late, unknown, 0.0)):
        assert CTCModule(init=own, teacher=TeacherConfig(other)).teacher.shift == pytest.approx(shift)
    assert CTCModule(init=late, teacher=TeacherConfig(early, shift=0.02)).teacher.shift == 0.02


def test_the_built_in_models_teach_each_other():
    module = CTCModule(init="builtin:en", teacher=TeacherConfig("builtin:en-robust"))
    own, other = module.model.spike_delay, load_model("builtin:en-robust", "cpu").spike_delay
    assert own == 0.12
    assert module.teacher.shift == pytest.approx(own - other)
    samples = np.random.default_rng(0).normal(0, 0.01, 32 * 16_000).astype(np.float32)
    probs, frames = module.teacher.posteriors(module.teacher.inputs.inputs(samples)[None], torch.tensor([3200]))
    assert frames.tolist() == [1500]  # Whisper's encoder takes 30 s
    assert torch.allclose(probs.sum(-1), torch.ones(1, 1500))


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (
            "OTHER",
            UsageError,
            r"model.teacher.name: .* has 7 symbols and .* 6: only one of them has 'e'; give a",
        ),
        ("none.safetensors", ModelError, r"none.safetensors: no such file"),
        ("builtin:xx", UsageError, r"model.teacher.name: unknown model 'builtin:xx'"),
    ],
)
def test_a_teacher_that_cannot_teach(name, error, message, tmp_path):
    name = saved(tmp_path / "other.safetensors", " abcde") if name == "OTHER" else name
    with pytest.raises(error, match=message):
        taught(name)


def test_wrong_numbers():
    with pytest.raises(UsageError, match=r"model.teacher.weight: got -1"):
        TeacherConfig("builtin:en", weight=-1)
    with pytest.raises(UsageError, match=r"model.teacher.temperature: got 0"):
        TeacherConfig("builtin:en", temperature=0)


def test_accumulated_batches_are_one_large_batch(teacher):
    """Utterances without a transcript and unreadable ones: the two means are over different utterances."""
    reasons = {1: "untranscribed", 4: "unreadable", 5: "untranscribed"}
    whole = with_teacher_inputs(utterances(range(8)), reasons)
    small = [
        with_teacher_inputs(
            utterances(numbers, index), {numbers.index(n): reason for n, reason in reasons.items() if n in numbers}
        )
        for index, numbers in enumerate([[0, 1], [2, 3, 4], [5], [6, 7]])
    ]
    # The teacher's inputs are those of the large batch.
    kept, models = [], []
    for batches in (small, [whole]):
        module = taught(teacher, weight=0.5, shift=0.04)
        kept.append(gradients_kept(module))
        trained(module, batches, accumulate_grad_batches=len(batches))
        models.append(module)
    near(kept[0][0], kept[1][0])
    near(*([*model.parameters()] for model in models))
    plain = recogniser()
    trained(plain, [whole])
    with pytest.raises(AssertionError):
        near([*plain.parameters()], [*models[1].parameters()])


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    """Cuts of which every other one has no transcript."""
    from lhotse import CutSet

    manifest = make_cuts(tmp_path_factory.mktemp("taught") / "cuts", 12)
    listed = list(CutSet.from_file(manifest))
    for cut in listed[::2]:
        cut.supervisions = []
    CutSet.from_cuts(listed).to_file(manifest.with_name("half.jsonl.gz"))
    return manifest.with_name("half.jsonl.gz")


def trained_by(teacher: str, folder: Path, cuts: Path, *options: str) -> Path:
    more = {"teacher": {"name": teacher, "weight": 0.5}}
    data = {"train": str(cuts), "max_duration": 4, "workers": 0, "augmentation": {"speeds": [0.9, 1.1]}}
    file = config(folder, cuts, model=more, data=data)
    fit(["--config", str(file), "--trainer.max_steps", "4", *options])
    return folder / "model.safetensors"


def test_a_training(teacher, cuts, tmp_path):
    model = trained_by(teacher, tmp_path / "whole", cuts)
    rows = log_of(tmp_path / "whole")
    for row in rows:
        assert row["loss"] == pytest.approx(row.get("ctc", 0.0) + 0.5 * row["distil"], rel=1e-5)
        assert "skipped/untranscribed" not in row
    checkpoint = torch.load(tmp_path / "whole" / "last.ckpt", weights_only=True)
    network = CTCModule(init=teacher).network
    known = {"name": teacher, "weights": fingerprint(network), "shift": 0.0}
    assert checkpoint["ctcalign"]["teacher"] == known
    assert {name.split(".")[0] for name in checkpoint["state_dict"]} == {"network"}
    own = CTCModule(init=str(model)).network
    assert len(checkpoint["optimizer_states"][0]["state"]) == len([*own.parameters()])
    # Stopped and resumed, it ends with the same weights.
    trained_by(teacher, tmp_path / "parts", cuts, "--trainer.max_steps", "2")
    trained_by(teacher, tmp_path / "parts", cuts, "--resume", "last")
    resumed = torch.load(tmp_path / "parts" / "last.ckpt", weights_only=True)
    for name, value in checkpoint["state_dict"].items():
        assert torch.equal(value, resumed["state_dict"][name])


def test_without_any_transcript_the_teacher_trains_alone(teacher, tmp_path):
    from lhotse import CutSet

    manifest = make_cuts(tmp_path / "cuts", 5)
    listed = list(CutSet.from_file(manifest))
    for cut in listed:
        cut.supervisions = []
    CutSet.from_cuts(listed).to_file(manifest)
    trained_by(teacher, tmp_path / "run", manifest)
    rows = log_of(tmp_path / "run")
    assert all(row["utterances"] == 0 and row["ctc"] == 0 for row in rows)
    assert rows[-1]["distil"] < rows[0]["distil"]


class Samples:
    """Waveforms at half the rate."""

    sample_rate, padding, waveform = 8_000, 0.0, True

    def __call__(self, samples: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(samples)

    def silence(self) -> torch.Tensor:
        return torch.zeros(160)


@pytest.mark.parametrize("clean", [True, False])
def test_inputs_of_a_teacher(clean, tmp_path):
    import soundfile as sf

    (tmp_path / "noise").mkdir()
    sf.write(tmp_path / "noise" / "one.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    cut = next(iter(open_cuts("cuts", str(make_cuts(tmp_path / "cuts", 1)))))
    augmentation = Augmentation(speeds=[0.8], noise=NoiseConfig(str(tmp_path / "noise"), 1.0, 0, 0))
    inputs = TeacherInputs(Samples(), clean)
    batch = Reader(augmentation=augmentation, teacher=inputs)[ProcessBatch(0, 0, True, [cut], False)]
    samples = read_samples(cut)
    assert batch.teacher_lengths.tolist() == [pytest.approx(len(samples) / 0.8 / 2, abs=1)]
    quiet = batch.teacher_inputs[0, :600]  # before the first tone
    assert bool(quiet.std() < 0.01) == clean
    plain = Reader(augmentation=augmentation)[ProcessBatch(0, 0, True, [cut], False)]
    assert plain.teacher_inputs is None
    assert torch.equal(plain.inputs, batch.inputs)


def test_a_batch_for_another_process_or_device():
    import pickle

    batch = with_teacher_inputs(utterances(range(2)))
    copy = pickle.loads(pickle.dumps(batch)).to("cpu")
    assert torch.equal(copy.teacher_inputs, batch.teacher_inputs)
    assert copy.teacher_lengths.tolist() == batch.teacher_lengths.tolist()
    batch.teacher_inputs[1, 3] = torch.nan
    assert batch.without_nan().reasons == ["", "unreadable"]
    assert not batch.without_nan().teacher_inputs[1].any()
