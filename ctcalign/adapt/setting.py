"""Settings shared by all passes of an adaptation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctcalign import __version__
from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.speech.inputs import Speech
from ctcalign.adapt.stages import DONE
from ctcalign.emission.progress import Progress, ignored
from ctcalign.files.digests import digest_of_file, read_json
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.training.protocol import TrainableModel


@dataclass(frozen=True)
class Model:
    """A model by name. `key`: identifies the origin of its weights, for digests."""

    name: str
    key: str


@dataclass(frozen=True)
class Setting:
    """Settings shared by all passes.

    Attributes:
        root: the folder of the adaptation.
        model: the original model.  trainable: the same model, opened for training.
        language: language of the captions.  device: device of alignment and evaluation.
        talks: the recordings that can be used.
        speech: transcribed speech of the target and source domains.
        note: called with a line for the user.
    """

    root: Path
    model: Model
    trainable: TrainableModel
    language: str
    device: str
    options: AdaptOptions
    talks: tuple[Talk, ...]
    speech: Speech
    allow_noncommercial: bool = False
    progress: Progress = ignored
    note: Callable[[str], None] = lambda text: None


@dataclass(frozen=True)
class Pass:
    """One pass of alignment and training.

    Attributes:
        number: number of the pass, from 1.
        model: the model that aligns.  init: the model that the training starts from.
        before: calibration file of the previous pass; None if there is none.
    """

    setting: Setting
    number: int
    model: Model
    init: Model
    before: Path | None

    @property
    def folder(self) -> Path:
        """The folder of the pass."""
        return self.setting.root / f"pass-{self.number:02d}"

    def load(self) -> AcousticModel:
        """The model that aligns."""
        return load_model(self.model.name, self.setting.device, self.setting.allow_noncommercial)


def corpus_of(talks: Sequence[Talk]) -> list[Any]:
    """Description of the recordings, for digests."""
    return [[talk.id, talk.digest, list(talk.left_out)] for talk in talks]


def content_of(done: Path) -> Any:
    """Digests of the outputs in the folder of a finished stage."""
    return read_json(done / DONE)["files"]


def original(name: str) -> Model:
    """The model that an adaptation starts from, with the content of its files in the key."""
    _, _, argument = name.partition(":")
    path = Path(argument)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digests = [digest_of_file(one) for one in files if one.is_file()] if argument else []
    return Model(name, ":".join([name, __version__, *digests]))
