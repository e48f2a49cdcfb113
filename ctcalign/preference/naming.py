"""Preference losses by name: what a configuration says, and which tensors the trainer must then bring."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.preference.results import PairResult, RowResult
from ctcalign.preference.reward_shift import RewardShift

F = TypeVar("F", bound=Callable[..., Any])

# Name: (module, function). The module is imported when the name is asked for.
_HOMES = {name: (f"ctcalign.preference.{name}", f"{name}_loss") for name in
          ("bco", "cdpo", "cpo", "dpo", "kto", "logo", "poft", "simpo", "tdpo", "treg")}  # fmt: skip
_REGISTERED: dict[str, Callable[..., Any]] = {}
_REFERENCES = ("chosen_reference_log_probs", "rejected_reference_log_probs")
_MISMATCHED = ("mismatched_log_probs", "mismatched_reference_log_probs", "mismatched_mask")
# Tensors that an option asks for (True), or makes needless (False): (loss, option, value) to (names, whether needed).
_DEPENDING = {
    ("dpo", "wpo", True): (("chosen_log_collision", "rejected_log_collision"), True),
    ("cdpo", "only_rejected", False): (("chosen_scores",), True),
    ("treg", "base", "simpo"): (_REFERENCES, False),
    ("kto", "variant", "kto"): (_MISMATCHED, True),
}


class PreferenceLoss:
    """A loss of the room, or the user's own, with its options and its state.

    Attributes:
        name: as given to `build_preference_loss`.
        needs: names of the tensors that a batch must have.
        takes: names of those that it may have beyond them; they are used where they are there.
        shift: the running reward shift of "bco"; None for all others.
    """

    def __init__(self, name: str, function: Callable[..., Any], options: Mapping[str, Any]) -> None:
        self.name = name
        options = dict(options)
        parameters = inspect.signature(function).parameters
        self.shift = RewardShift(options.pop("shift_average", "rows")) if "shift" in parameters else None
        tensors = {key: value for key, value in parameters.items() if _is_tensor(value)}
        settings = [key for key in parameters if key not in tensors and key not in ("shift", "update")]
        for option in options:
            if option not in settings:
                also = [*settings, "shift_average"] if self.shift is not None else settings
                close = difflib.get_close_matches(option, also, 1)
                hint = f"did you mean {close[0]!r}? " if close else ""
                raise UsageError(f"preference loss {name!r}: no option {option!r}; {hint}It takes {', '.join(also)}")
        needs = {key: value.default is inspect.Parameter.empty for key, value in tensors.items()}
        for (loss, option, value), (names, needed) in _DEPENDING.items():
            if loss == name and options.get(option, parameters[option].default) == value:
                needs.update(dict.fromkeys(names, needed))
        self.needs = tuple(key for key, needed in needs.items() if needed)
        self.takes = tuple(key for key, needed in needs.items() if not needed)
        self._absent = {key: None for key in self.takes if parameters[key].default is inspect.Parameter.empty}
        self._function, self._options = function, options

    def __call__(self, batch: Mapping[str, Tensor], *, training: bool = True) -> PairResult | RowResult:
        """Loss of a batch, a mapping of tensors by argument name; others in it are not looked at.

        Args:
            training: False leaves the state as it is.
        Raises:
            UsageError: a tensor is missing; and what the loss itself raises.
        """
        missing = [name for name in self.needs if name not in batch]
        if missing:
            raise UsageError(f"batch: {self.name} needs {', '.join(missing)}; it has {', '.join(batch) or 'nothing'}")
        tensors = {name: batch[name] for name in (*self.needs, *self.takes) if name in batch}
        state = {} if self.shift is None else {"shift": self.shift, "update": training}
        result: PairResult | RowResult = self._function(**{**self._absent, **tensors, **state, **self._options})
        return result

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must keep; empty for losses without state."""
        return {} if self.shift is None else {"shift": self.shift.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a saved state.

        Raises:
            UsageError: it is of another loss.
        """
        if set(state) != set(self.state_dict()):
            raise UsageError(f"state: {self.name} keeps {sorted(self.state_dict())}, got {sorted(state)}")
        if self.shift is not None:
            self.shift.load_state_dict(state["shift"])


def register_preference_loss(name: str) -> Callable[[F], F]:
    """Decorator that gives a function of the user's own a name. Its arguments that are annotated as Tensor come from
    the batch, all others are options; it returns a PairResult or RowResult.

    Raises:
        UsageError: the name is taken, is empty or has a colon.
    """
    if not name or ":" in name:
        raise UsageError(f"preference loss: {name!r} is no name; it must not be empty or have a colon")

    def keep(function: F) -> F:
        if name in _HOMES or name in _REGISTERED:
            raise UsageError(f"preference loss: the name {name!r} is taken")
        _REGISTERED[name] = function
        return function

    return keep


def preference_loss_names() -> list[str]:
    """Names that `build_preference_loss` knows."""
    return sorted({*_HOMES, *_REGISTERED})


def build_preference_loss(name: str, **options: Any) -> PreferenceLoss:
    """Build a loss from a configuration.

    Args:
        name: "dpo", "tdpo", "cdpo", "treg", "bco", "kto", "poft", "cpo", "simpo", "logo", a name given with
            `register_preference_loss`, or "module:function".
        options: keyword arguments of the function that are no tensors; for "bco" also `shift_average`, "rows" or
            "classes". Their values are checked at the first call.
    Raises:
        UsageError: no such name or option.
    """
    return PreferenceLoss(name, _found(name), options)


def _found(name: str) -> Callable[..., Any]:
    if name in _REGISTERED:
        return _REGISTERED[name]
    if ":" not in name and name not in _HOMES:
        close = difflib.get_close_matches(name, preference_loss_names(), 1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"preference loss: {name!r} is not known; {hint}There are {', '.join(preference_loss_names())}, "
            'or "module:function" of your own'
        )
    module, attribute = _HOMES.get(name) or name.split(":", 1)
    try:
        function: Callable[..., Any] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"preference loss: {name!r} cannot be imported: {error}; expected module:function, found from the working "
            "folder or PYTHONPATH"
        ) from error
    if not callable(function):
        raise UsageError(f"preference loss: {name!r} is a {type(function).__name__}, expected a function")
    return function


def _is_tensor(parameter: inspect.Parameter) -> bool:
    """Whether an argument is a tensor, by its annotation: `Tensor` or `Tensor | None`, as text or as type."""
    note = parameter.annotation
    text = note if isinstance(note, str) else getattr(note, "__name__", str(note))
    return "Tensor" in text
