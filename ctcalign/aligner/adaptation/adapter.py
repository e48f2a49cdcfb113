"""One pass: train a copy of a model on some cues, and evaluate it on held-out cues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ctcalign.aligner.adaptation.examples import Example, read_examples
from ctcalign.aligner.adaptation.likelihoods import Judgement, judge
from ctcalign.aligner.adaptation.training import train
from ctcalign.aligner.adaptation.utterances import Utterance
from ctcalign.audio.inputs import AudioInput
from ctcalign.emission.options import EmissionOptions
from ctcalign.emission.progress import Progress
from ctcalign.models.checkpoint import model_of
from ctcalign.models.devices import pick_device
from ctcalign.models.precision import Autocast
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import open_trainable


@dataclass(frozen=True)
class Chosen:
    """Cues of a recording: those to train on, and the held-out ones."""

    audio: AudioInput
    trained: Sequence[Utterance]
    held_out: Sequence[Utterance]


@dataclass(frozen=True)
class Adapted:
    """A trained copy of a model.

    Attributes:
        trained: the copy.
        before, after: evaluation on the held-out cues of the weights before the pass, and of the copy.
    """

    trained: TrainableModel
    before: Judgement
    after: Judgement

    def helped(self, unsure: bool) -> bool:
        """Whether the held-out cues are likelier and, unless the model was unsure, have a larger margin.

        The margin of a model that is certain of its symbols falls when it overfits to the captions. The margin of an
        uncertain model also falls when it rightly becomes less certain.
        """
        likelier = self.after.likelihood > self.before.likelihood
        return likelier and (unsure or self.after.margin > self.before.margin)

    def recogniser(self, of: AcousticModel, device: str) -> AcousticModel:
        """The copy for inference, with name, delay and precision of the model that it was trained from."""
        place = pick_device(device)
        model = model_of(self.trained.header({}), self._weights(), of.name, place)
        model.spike_delay, model.language = of.spike_delay, of.language
        return Autocast(model, place) if isinstance(of, Autocast) else model

    def save(self, path: Path) -> None:
        """Write the copy in the format of its family; see `TrainableModel.save`."""
        self.trained.save(path, self.trained.header({}), self._weights())

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self.trained.network.state_dict().items()}


def adapt(
    name: str,
    chosen: Sequence[Chosen],
    options: EmissionOptions,
    device: str,
    seed: int,
    progress: Progress,
    last: Adapted | None,
) -> Adapted:
    """Train a copy of a model.

    Args:
        name: of the model, for `open_trainable`.
        chosen: cues of each recording.
        options: channel and track.
        seed: see `train`.
        last: result of the previous pass, None in the first pass.
    Raises:
        ModelError, UsageError: the model cannot be trained.
    """
    place = pick_device(device)
    model = open_trainable(name, allow_noncommercial=True)
    trained, held_out = list[Example](), list[Example]()
    for one in chosen:
        examples = read_examples(one.audio, [*one.trained, *one.held_out], model.inputs, options)
        trained += examples[: len(one.trained)]
        held_out += examples[len(one.trained) :]
    texts = [example.labels for example in (*trained, *held_out)]
    before = judge(model if last is None else last.trained, held_out, texts, place)
    train(model, trained, place, seed, progress)
    return Adapted(model, before, judge(model, held_out, texts, place))
