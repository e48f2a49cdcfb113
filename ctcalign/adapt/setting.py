"""What all passes of an adaptation have in common."""

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
    """A model by name. `key`: what its weights come from, for digests."""

    name: str
    key: str


@dataclass(frozen=True)
class Setting:
    """What all passes have in common.

    Attributes:
        root: the folder of the adaptation.
        model: the original one.  trainable: the same in training.
        language: of the captions.  device: of alignment and measurement.
        talks: recordings that can be used.
        speech: transcribed speech of target and source.
        note: takes a line for the user.
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
    """One pass.

    Attributes:
        number: from 1.
        model: that aligns.  init: that is trained.
        before: file of the calibration of the last pass, None: there is none.
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
    """What recordings are, for digests."""
    return [[talk.id, talk.digest, list(talk.left_out)] for talk in talks]


def content_of(done: Path) -> Any:
    """Digests of the outputs in the folder of a stage that is done."""
    return read_json(done / DONE)["files"]


def original(name: str) -> Model:
    """The model that an adaptation starts from, with the content of its files in the key."""
    _, _, argument = name.partition(":")
    path = Path(argument)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digests = [digest_of_file(one) for one in files if one.is_file()] if argument else []
    return Model(name, ":".join([name, __version__, *digests]))
