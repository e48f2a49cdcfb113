"""Models of transformers, loaded without log output or remote code, in float32, with every weight from their files."""

from __future__ import annotations

import contextlib
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import torch

from ctcalign.errors import ModelError
from ctcalign.models.torchaudio_bundle import import_torchaudio

# Weights that inference does not use, or that are computed: a mask for training, counts and tables of positions.
_UNUSED = re.compile(r"masked_spec_embed$|num_batches_tracked$|position_ids$|inv_freq$")
_HEAD = re.compile(r"lm_head|ctc")
_SHOWN = 3


def transformers(remedy: str) -> Any:
    """The library transformers.

    Raises:
        ModelError: it is not installed; the message ends with the remedy.
    """
    # transformers imports torchaudio if it is installed, and fails if torchaudio does not accept this torch.
    with contextlib.suppress(ModelError):
        import_torchaudio()
    try:
        import transformers as library
    except ImportError:
        raise ModelError(remedy) from None
    return library


@contextlib.contextmanager
def loading(library: Any, message: Callable[[str], str]) -> Iterator[None]:
    """Silence transformers' log and progress bars, and turn its errors about files into one line.

    Args:
        message: makes the line from transformers' reason.
    Raises:
        ModelError: the files cannot be downloaded or are not as expected.
    """
    with quiet(library):
        try:
            yield
        except _errors() as error:
            raise ModelError(message(_reason(error))) from None


@contextlib.contextmanager
def quiet(library: Any) -> Iterator[None]:
    """Silence transformers' log and progress bars, except those of downloads, which may take minutes."""
    hub: Any = import_module("huggingface_hub.utils")
    logging = library.utils.logging
    level, bars, hidden = logging.get_verbosity(), logging.is_progress_bar_enabled(), hub.are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if not hidden:
        hub.enable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if hidden:
            hub.disable_progress_bars()


def load_network(
    kind: Any, name: str, where: str, head: str, config: Any = None, new_head: bool = False
) -> tuple[Any, bool]:
    """A network with the weights of its files, in float32 whatever type its configuration names.

    Args:
        kind: class of transformers, such as AutoModelForCTC.  name: folder or hub name.
        where: of error messages.  head: what the output layer is for, such as "CTC".
        config: its configuration; None: as in its files.
        new_head: whether the output layer may be random.
    Returns:
        The network, and whether its output layer is trained.
    Raises:
        ModelError: weights are missing, so that they would be random.
    """
    given = {} if config is None else {"config": config}
    network, report = kind.from_pretrained(
        name,
        **given,
        dtype=torch.float32,
        trust_remote_code=False,
        weights_only=True,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # checked below, with names
    )
    gone = [key for key in report["missing_keys"] if _HEAD.search(str(key))] if new_head else []
    if gone:
        report = {**report, "missing_keys": [key for key in report["missing_keys"] if key not in gone]}
    check_weights(network, report, where, head)
    return network, not gone


def check_weights(network: Any, report: Mapping[str, Any], where: str, head: str) -> None:
    """Check transformers' report on loading.

    Raises:
        ModelError: weights are missing or of another shape, so that they would be random; the message names some.
    """
    other = sorted({str(one[0] if isinstance(one, tuple) else one) for one in report.get("mismatched_keys", ())})
    if other:
        raise ModelError(
            f"{where}: {len(other)} weights have another shape than config.json implies ({_some(other)}); "
            "correct config.json, or copy or download the model again"
        )
    gone = sorted(str(key) for key in report["missing_keys"] if not _UNUSED.search(str(key)))
    if not gone:
        return
    if all(_HEAD.search(key) for key in gone):
        raise ModelError(
            f"{where}: has no trained {head} output ({gone[0]} is missing); expected a model fine-tuned with {head}"
        )
    total = sum(not _UNUSED.search(key) for key in network.state_dict())
    unknown = sorted(str(key) for key in report.get("unexpected_keys", ()))
    hint = f"; its file has {_some(unknown)} instead" if unknown else ""
    raise ModelError(
        f"{where}: {len(gone)} of {total} weights are missing and would be random ({_some(gone)}{hint}); "
        "copy or download the model again, or save it again with save_pretrained"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _errors() -> tuple[type[BaseException], ...]:
    """Exceptions of transformers and its helpers for damaged configurations, tokenizers and weights."""
    from huggingface_hub import errors
    from safetensors import SafetensorError

    strict: type[Exception] = getattr(errors, "StrictDataclassError", ValueError)
    builtin = (ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, OSError)
    return (*builtin, RuntimeError, TypeError, ValueError, pickle.PickleError, SafetensorError, strict)


def _reason(error: BaseException) -> str:
    if isinstance(error, pickle.PickleError):
        return "the pickle contains more than weights and was not loaded, since it could run code"
    reason = " ".join(str(error).split()) or type(error).__name__
    if "trust_remote_code" in reason or "custom code" in reason:
        return "it needs Python code of its own, which ctcalign does not run"
    if isinstance(error, TypeError | AttributeError | LookupError | ArithmeticError):
        reason = f"{type(error).__name__}: {reason}"
    return reason if len(reason) <= 200 else reason[:197] + "..."
