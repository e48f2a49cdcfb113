"""`ctcalign fit`: run the training that a configuration describes, with jsonargparse and Lightning's command line.

`fit` parses the arguments, creates trainer, model and data (`prepared`), trains, and exports the model. The `task` of
the configuration selects the Lightning classes: see `TASKS`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytorch_lightning as pl
from lightning_fabric.plugins.io.checkpoint_io import CheckpointIO
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import Checkpoint, ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI

from ctcalign.audio.cut_sources import Trust
from ctcalign.errors import UsageError
from ctcalign.models import encoders
from ctcalign.models.training.lora import ADAPTER
from ctcalign.models.training.tokenizers import CharacterTokenizer, SentencePieceTokenizer
from ctcalign.text.languages import check_language
from ctcalign.train import sharding
from ctcalign.train.base import TrainingModule
from ctcalign.train.best import BestCheckpoint
from ctcalign.train.checkpoints import TrainingCheckpoints
from ctcalign.train.data.letters import FROM_DATA, alphabet_of
from ctcalign.train.data.module import CutsDataModule
from ctcalign.train.messages import one_line, own_message, parser_message
from ctcalign.train.notices import hide_tips
from ctcalign.train.preference.speech.module import CtcPreferenceModule
from ctcalign.train.preference.text.data import TextDataModule
from ctcalign.train.preference.text.module import TextPreferenceModule
from ctcalign.train.progress.curves import NAME as CURVES
from ctcalign.train.progress.curves import LearningCurves
from ctcalign.train.progress.loggers import default_loggers
from ctcalign.train.progress.speed import Speed
from ctcalign.train.recogniser.begin import begin
from ctcalign.train.recogniser.export import export_checkpoint
from ctcalign.train.recogniser.guard import WordErrorGuard
from ctcalign.train.recogniser.module import CTCModule
from ctcalign.train.run_folder import BEST, LAST, RemoveOldRun, RunFolder

# An imported class may be named in a configuration without its module ("ConvEncoder").
SHORT_NAMES = (
    encoders.ConvEncoder,
    encoders.ConformerEncoder,
    encoders.StreamingEncoder,
    encoders.WhisperEncoder,
    SentencePieceTokenizer,
    WordErrorGuard,
)


@dataclass(frozen=True)
class Task:
    """One kind of training.

    Attributes:
        model, data: classes whose options are the sections `model` and `data` of a configuration.
        monitor, mode: metric by which best.ckpt is chosen, and whether its "min" or "max" is best.
        exported: possible default names of the exported model.
        export: writes the model: (module, last checkpoint, output) -> path.
        about: one line of help.
    """

    model: type[TrainingModule]
    data: type[pl.LightningDataModule]
    monitor: str
    mode: str
    exported: tuple[str, ...]
    export: Callable[[Any, Path, Path], Path]
    about: str


_LETTERS = f"{CharacterTokenizer.__module__}.{CharacterTokenizer.__qualname__}"
# Default of --export: the name that the model's family chooses.
AUTO = "auto"


def _export_recogniser(module: Any, checkpoint: Path, output: Path) -> Path:
    if output.name == AUTO:
        output = output.with_name(module.model.exported)
    return export_checkpoint(checkpoint, output)


def _export_folder(module: TextPreferenceModule, checkpoint: Path, output: Path) -> Path:
    return module.export(output)


CTC = "ctc"
TASKS = {
    CTC: Task(
        CTCModule,
        CutsDataModule,
        "val_wer",
        "min",
        ("model.safetensors", "model"),
        _export_recogniser,
        "Train a CTC recogniser.",
    ),
    "ctc_preference": Task(
        CtcPreferenceModule,
        CutsDataModule,
        "val_wer",
        "min",
        ("model.safetensors", "model"),
        _export_recogniser,
        "Continue the training of a CTC recogniser with a preference loss.",
    ),
    "text_preference": Task(
        TextPreferenceModule,
        TextDataModule,
        "val_loss",
        "min",
        ("model",),
        _export_folder,
        "Train a causal language model with a preference loss.",
    ),
}


def fit(arguments: Sequence[str]) -> Path | None:
    """Train.

    Args:
        arguments: as on the command line: --config FILE --trainer.max_steps 1000 …
    Returns:
        The exported model; None if nothing is exported, and in every process but the first.
    Raises:
        CtcAlignError: options or data cannot be used.
    """
    hide_tips()
    cli = prepared(arguments)
    root = Path(cli.trainer.default_root_dir)
    resume = _checkpoint_to_resume(cli.config["resume"], root)
    continued = cli.config["resume"] == LAST or (resume is not None and Path(resume).resolve().parent == root.resolve())
    if not continued and not cli.config["overwrite"]:
        run_folder(cli.config).check_is_free()
    if resume is None and isinstance(cli.model, CTCModule) and isinstance(cli.datamodule, CutsDataModule):
        trainer = cli.trainer
        begin(cli.model, cli.datamodule, trainer.strategy.root_device, trainer.world_size, trainer.is_global_zero)
    _train(cli, resume)
    if cli.config["export"] is None:
        return None
    file = root / f"{LAST}.ckpt"
    cli.trainer.save_checkpoint(file, weights_only=False)
    if not cli.trainer.is_global_zero:
        return None
    cli.model.finish(root)
    return TASKS[cli.config["task"]].export(cli.model, file, root / cli.config["export"])


def run_folder(config: Any) -> RunFolder:
    """The folder of the run that a configuration describes."""
    name = config["export"]
    names = TASKS[config["task"]].exported if name == AUTO else () if name is None else (name,)
    adapter = () if config["model"]["lora"] is None or not names else (ADAPTER,)
    return RunFolder(Path(config["trainer"]["default_root_dir"] or "."), (*names, *adapter))


def _checkpoint_to_resume(given: str | None, root: Path) -> str | None:
    """The file to resume from; None: start from the beginning.

    Raises:
        UsageError: there is no such file.
    """
    if given == LAST:
        last = root / f"{LAST}.ckpt"
        return str(last) if last.exists() else None
    if given is not None and not Path(given).is_file():
        raise UsageError(f"resume: there is no checkpoint {given}; give a file, or '{LAST}'")
    return given


def _train(cli: FitCommand, resume: str | None) -> None:
    try:
        cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=resume)
    except MisconfigurationException as error:
        raise UsageError(f"trainer: {parser_message(str(error))}") from error
    except SystemExit as stop:
        # Lightning ends the process with the status 1 when it is interrupted.
        if isinstance(stop.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


def prepared(arguments: Sequence[str]) -> FitCommand:
    """Trainer, model and data of a configuration, before training.

    Raises:
        UsageError: an option is unknown or wrong.
    """
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())  # so that the user's own properties, losses and classes can be imported
    task = TASKS[task_of(arguments)]
    cli = FitCommand(
        task.model,
        task.data,
        save_config_kwargs={"overwrite": True},
        seed_everything_default=False,
        trainer_defaults={"max_epochs": -1, "gradient_clip_val": 5.0},
        parser_class=_Parser,
        parser_kwargs={"prog": "ctcalign fit", "description": task.about, "allow_abbrev": False},
        args=list(arguments),
        run=False,
        auto_configure_optimizers=False,
        load_from_checkpoint_support=False,
    )
    trainer = cli.config["trainer"]
    if not any(trainer[name] not in (None, -1) for name in ("max_steps", "max_epochs", "max_time")):
        raise UsageError("trainer: no limit is set; give trainer.max_steps, max_epochs or max_time")
    cli.model.training_config = json.loads(cli.parser.dump(cli.config, format="json", skip_none=False))
    return cli


def task_of(arguments: Sequence[str]) -> str:
    """The task that options and configuration files name; the last one wins, as for every option.

    Args:
        arguments: as on the command line.
    Raises:
        UsageError: there is no such task.
    """
    found = CTC
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in ("--task", "--config") and not value:
            value = arguments[place + 1] if place + 1 < len(arguments) else ""
        if name == "--task":
            found = value
        elif name == "--config":
            found = _task_of_file(value) or found
    if found not in TASKS:
        raise UsageError(f"task: got {found!r}, expected one of {', '.join(TASKS)}")
    return found


def _task_of_file(name: str) -> str | None:
    """The task in a configuration file, None without one. Missing files and wrong YAML are reported by the parser.

    Raises:
        UsageError: the file is not text, or not a mapping.
    """
    yaml: Any = import_module("yaml")
    try:
        content = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise UsageError(f"config: {name}: not UTF-8 text; expected a YAML file") from None
    except (OSError, yaml.YAMLError):
        return None
    try:
        json.dumps(content, default=str, skipkeys=True)
    except (ValueError, RecursionError):
        raise UsageError(f"config: {name}: a part is nested too deeply, or refers to itself (&name, *name)") from None
    if not isinstance(content, dict):
        got = "an empty file" if content is None else type(content).__name__
        raise UsageError(f"config: {name}: expected YAML with entries such as model and data, got {got}")
    return None if content.get("task") is None else str(content["task"])


class _Parser(LightningArgumentParser):
    """Raises UsageError instead of printing the usage and exiting."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise UsageError(own_message(ex) or parser_message(message)) from ex


class FitCommand(LightningCLI):
    """Lightning's command line with the options of `ctcalign fit`."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the options other than those of trainer, model and data."""
        name, task = next((name, task) for name, task in TASKS.items() if task.model is self.model_class)
        parser.add_argument("--task", type=str, default=name, help=f"Kind of training: {', '.join(TASKS)}.")
        parser.add_argument(
            "--seed", type=int, default=1, help="Seed of weights, order of data, augmentation and sampling."
        )
        parser.add_argument(
            "--resume",
            type=str | None,
            default=None,
            help=f"Checkpoint to resume a stopped training from. '{LAST}': {LAST}.ckpt of trainer.default_root_dir if "
            "it exists, else start from the beginning.",
        )
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help=f"Replace the run in trainer.default_root_dir: its {LAST}.ckpt, best.ckpt and exported model are "
            "removed when the training begins.",
        )
        parser.add_argument(
            "--export",
            type=str | None,
            default=AUTO if len(task.exported) > 1 else task.exported[0],
            help="Name of the model that is written to trainer.default_root_dir at the end: of a safetensors file, or "
            "for hf: models of a folder. null: none.",
        )
        parser.add_argument(
            "--language",
            type=str | None,
            default=None,
            help="Code of the language of the speech. Numbers in transcripts are read in it; stored with the model.",
        )
        parser.add_argument("--licence", type=str | None, default=None, help="Licence of the model, stored with it.")
        parser.link_arguments("seed", "model.seed")
        parser.link_arguments("seed", "data.seed")
        if issubclass(task.model, CTCModule):
            parser.link_arguments("language", "model.language")

    def before_instantiate_classes(self) -> None:
        """Set the seed of the initial weights, which are drawn when the encoder is created.

        Raises:
            UsageError: the task cannot be trained with the strategy.
        """
        task, strategy = self.config["task"], self.config["trainer"]["strategy"]
        if strategy == sharding.NAME and task != CTC:
            raise UsageError(f"trainer.strategy: {strategy} is for the task {CTC}, got {task}; use ddp")
        pl.seed_everything(self.config["seed"], workers=False, verbose=False)
        if self.config["model"].get("vocabulary") == FROM_DATA:
            self._take_letters()

    def _take_letters(self) -> None:
        """Replace `vocabulary: from-data` by a tokenizer with the letters of the training transcripts.

        Every process reads these, since the network is built before the processes can communicate.

        Raises:
            UsageError: there is a tokenizer as well, or there are no transcripts.
        """
        model, data = self.config["model"], self.config["data"]
        if model.get("tokenizer") is not None:
            raise UsageError("model.vocabulary: there is model.tokenizer as well; remove one of them")
        trust = Trust(data.get("allow_commands", False), data.get("allow_remote", False))
        letters = alphabet_of(data.get("train"), check_language(self.config["language"]), trust)
        model["tokenizer"] = {"class_path": _LETTERS, "init_args": {"characters": letters}}
        model["vocabulary"] = None

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse, without Lightning's warning about arguments that do not come from sys.argv."""
        self.config = parser.parse_args(args)

    def instantiate_classes(self) -> None:
        """Create trainer, model and data.

        Raises:
            UsageError: a class rejects its options, or a package or device that they need is missing.
        """
        try:
            super().instantiate_classes()
        except (ValueError, MisconfigurationException, ImportError) as error:
            raise UsageError(one_line(error)) from error

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """A trainer that by default logs to and saves checkpoints in trainer.default_root_dir."""
        given = self.config_init["trainer"]
        root = Path(given["default_root_dir"] or ".")
        if given["logger"] is None:
            kwargs["logger"] = default_loggers(root)
        if given["profiler"] is None:
            kwargs["profiler"] = Speed()
        callbacks = given["callbacks"] or []
        callbacks = list(callbacks) if isinstance(callbacks, list) else [callbacks]
        if given["enable_checkpointing"] is not False and not any(isinstance(one, Checkpoint) for one in callbacks):
            validates = self.config["data"]["validation"] is not None
            callbacks.append(_checkpoints(root, TASKS[self.config["task"]], validates))
        callbacks.append(LearningCurves(root / CURVES))
        if self.config["overwrite"] and self.config["resume"] is None:
            callbacks.append(RemoveOldRun(run_folder(self.config)))
        if given["strategy"] == sharding.NAME:
            kwargs["strategy"] = sharding.ShardedStrategy()
        plugins = given["plugins"] or []
        plugins = list(plugins) if isinstance(plugins, list) else [plugins]
        if not any(isinstance(one, CheckpointIO) for one in plugins):
            kwargs["plugins"] = [*plugins, TrainingCheckpoints()]
        return super().instantiate_trainer(**kwargs, callbacks=callbacks)


def _checkpoints(root: Path, task: Task, validates: bool) -> ModelCheckpoint:
    """The callback that writes last.ckpt and, with validation data, best.ckpt by the task's metric."""
    if not validates:
        return ModelCheckpoint(dirpath=root, filename=LAST, enable_version_counter=False)
    return BestCheckpoint(
        dirpath=root,
        filename=BEST,
        monitor=task.monitor,
        mode=task.mode,
        save_last=True,
        enable_version_counter=False,
    )
