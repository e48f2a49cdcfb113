"""`ctcalign fit`: a configuration and options to a training, by jsonargparse and Lightning's command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint, ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import CSVLogger

from ctcalign.errors import CtcAlignError, UsageError
from ctcalign.models import encoders
from ctcalign.train.data.tokenizers import SentencePieceTokenizer
from ctcalign.train.recogniser.guard import WordErrorGuard
from ctcalign.train.tasks import TASKS, Task, task_of

# A class of the configuration may be named without its module ("ConvEncoder") once it was imported.
SHORT_NAMES = (
    encoders.ConvEncoder,
    encoders.ConformerEncoder,
    encoders.StreamingEncoder,
    SentencePieceTokenizer,
    WordErrorGuard,
)
LAST = "last"


class _Parser(LightningArgumentParser):
    """Errors as one of ours, instead of the whole usage."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise UsageError(_own_message(ex) or _first_lines(message)) from ex


class FitCommand(LightningCLI):
    """Lightning's command line with the options of a run of ours."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Options beside those of trainer, model and data."""
        name, task = next((name, task) for name, task in TASKS.items() if task.model is self.model_class)
        parser.add_argument("--task", type=str, default=name, help=f"What is trained: {', '.join(TASKS)}.")
        parser.add_argument("--seed", type=int, default=1, help="Of weights, order, augmentation and sampling.")
        parser.add_argument(
            "--resume",
            type=str | None,
            default=None,
            help=f"Checkpoint to go on from with everything as it was; '{LAST}': {LAST}.ckpt of "
            "trainer.default_root_dir, or the beginning where there is none.",
        )
        parser.add_argument(
            "--export",
            type=str | None,
            default=task.exported,
            help="What the model is called that is written to trainer.default_root_dir at the end; null: none.",
        )
        parser.add_argument("--language", type=str | None, default=None, help="Of the speech, as in the model's card.")
        parser.add_argument("--licence", type=str | None, default=None, help="Of the model.")
        parser.link_arguments("seed", "model.seed")
        parser.link_arguments("seed", "data.seed")

    def before_instantiate_classes(self) -> None:
        """Weights are drawn when the encoder is made."""
        pl.seed_everything(self.config["seed"], workers=False, verbose=False)

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Without Lightning's warning that a program gives the arguments."""
        self.config = parser.parse_args(args)

    def instantiate_classes(self) -> None:
        """Trainer, model and data.

        Raises:
            UsageError: one of our classes refuses its options; jsonargparse would tell it among all it tried.
        """
        try:
            super().instantiate_classes()
        except ValueError as error:
            raise UsageError(_own_message(error) or _first_lines(str(error))) from error

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """A trainer that logs to and saves in its folder, where the configuration does not say otherwise."""
        given = self.config_init["trainer"]
        root = Path(given["default_root_dir"] or ".")
        if given["logger"] is None:
            kwargs["logger"] = CSVLogger(str(root), name="log")
        callbacks = given["callbacks"] or []
        callbacks = list(callbacks) if isinstance(callbacks, list) else [callbacks]
        if given["enable_checkpointing"] is not False and not any(isinstance(one, Checkpoint) for one in callbacks):
            validates = self.config["data"]["validation"] is not None
            callbacks.append(_checkpoints(root, TASKS[self.config["task"]], validates))
        return super().instantiate_trainer(**kwargs, callbacks=callbacks)


def fit(arguments: Sequence[str]) -> Path | None:
    """Train.

    Args:
        arguments: as on the command line: --config FILE --trainer.max_steps 1000 …
    Returns:
        The exported model; None when there is none, or in a process other than the first.
    Raises:
        CtcAlignError: options or data that cannot be used.
    """
    cli = prepared(arguments)
    root = Path(cli.trainer.default_root_dir)
    resume = cli.config["resume"]
    if resume == LAST:
        last = root / f"{LAST}.ckpt"
        resume = str(last) if last.exists() else None
    elif resume is not None and not Path(resume).is_file():
        raise UsageError(f"resume: there is no checkpoint {resume}; give a file, or '{LAST}'")
    cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=resume)
    if cli.config["export"] is None:
        return None
    file = root / f"{LAST}.ckpt"
    cli.trainer.save_checkpoint(file, weights_only=False)
    if not cli.trainer.is_global_zero:
        return None
    return TASKS[cli.config["task"]].export(cli.model, file, root / cli.config["export"])


def prepared(arguments: Sequence[str]) -> FitCommand:
    """Trainer, model and data, made but not begun.

    Raises:
        UsageError: an option is unknown or wrong.
    """
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
        raise UsageError("trainer: nothing says when to stop; give trainer.max_steps, max_epochs or max_time")
    cli.model.training_config = json.loads(cli.parser.dump(cli.config, format="json", skip_none=False))
    return cli


def _checkpoints(root: Path, task: Task, validates: bool) -> ModelCheckpoint:
    """last.ckpt, and best.ckpt by what the task goes by where there is validation."""
    if not validates:
        return ModelCheckpoint(dirpath=root, filename=LAST, enable_version_counter=False)
    return ModelCheckpoint(
        dirpath=root,
        filename="best",
        monitor=task.monitor,
        mode=task.mode,
        save_last=True,
        enable_version_counter=False,
    )


def _own_message(error: BaseException | None) -> str | None:
    """What an error of ours says that is at the bottom of another."""
    while error is not None:
        if isinstance(error, CtcAlignError):
            return str(error)
        error = error.__cause__ or error.__context__
    return None


def _first_lines(message: str) -> str:
    lines = [line.strip(" -") for line in message.splitlines() if line.strip(" -")]
    return "; ".join(lines[:4])[:500]
