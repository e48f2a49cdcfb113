"""Preference losses by name: which tensors a batch must have, how a configuration builds one, and its state."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.preference.results import PairResult, RowResult
from ctcalign.preference.reward_shift import RewardShift
from ctcalign.registry import Registry

F = TypeVar("F", bound=Callable[..., Any])
Conditions = Mapping[tuple[str, Any], Sequence[str]]
"""(option, value) -> names of tensors."""

_LOSSES = Registry("preference loss", positional=0)
# For each function: conditions, and whether the tensors are then needed (True) or optional (False).
_CONDITIONS: dict[Callable[..., Any], list[tuple[Conditions, bool]]] = {}


class PreferenceLoss:
    """A loss of this package, or the user's own, with its options and its state.

    Attributes:
        name: as passed to `build_preference_loss`.
        needs: names of the tensors that a batch must have.
        takes: names of optional tensors, which are used if the batch has them.
        shift: the running reward shift of "bco"; None for all other losses.
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
                known = [*settings, "shift_average"] if self.shift is not None else settings
                close = difflib.get_close_matches(option, known, 1)
                hint = f"did you mean {close[0]!r}? " if close else ""
                raise UsageError(f"preference loss {name!r}: no option {option!r}; {hint}It takes {', '.join(known)}")
        needs = {key: value.default is inspect.Parameter.empty for key, value in tensors.items()}
        for conditions, needed in _CONDITIONS.get(function, ()):
            for (option, value), names in conditions.items():
                if options.get(option, parameters[option].default) == value:
                    needs.update(dict.fromkeys(names, needed))
        self.needs = tuple(key for key, needed in needs.items() if needed)
        self.takes = tuple(key for key, needed in needs.items() if not needed)
        self._absent = {key: None for key in self.takes if parameters[key].default is inspect.Parameter.empty}
        self._function, self._options = function, options

    def __call__(self, batch: Mapping[str, Tensor], *, training: bool = True) -> PairResult | RowResult:
        """Loss of a batch, a mapping of tensors by argument name; other tensors in it are ignored.

        Args:
            training: False does not update the state.
        Raises:
            UsageError: a tensor is missing. The loss itself may raise further errors.
        """
        missing = [name for name in self.needs if name not in batch]
        if missing:
            raise UsageError(f"batch: {self.name} needs {', '.join(missing)}; it has {', '.join(batch) or 'nothing'}")
        tensors = {name: batch[name] for name in (*self.needs, *self.takes) if name in batch}
        state = {} if self.shift is None else {"shift": self.shift, "update": training}
        result: PairResult | RowResult = self._function(**{**self._absent, **tensors, **state, **self._options})
        return result

    def state_dict(self) -> dict[str, Any]:
        """State for a checkpoint; empty for losses without state."""
        return {} if self.shift is None else {"shift": self.shift.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load the result of `state_dict`.

        Raises:
            UsageError: the state belongs to another loss.
        """
        if set(state) != set(self.state_dict()):
            raise UsageError(f"state: {self.name} expects the keys {sorted(self.state_dict())}, got {sorted(state)}")
        if self.shift is not None:
            self.shift.load_state_dict(state["shift"])


def register_preference_loss(
    name: str, *, needed_if: Conditions | None = None, optional_if: Conditions | None = None
) -> Callable[[F], F]:
    """Decorator that registers a loss function under a name.

    Arguments of the function that are annotated as Tensor are taken from the batch; all others are options. The
    function returns a PairResult or RowResult.

    Args:
        name: name in configurations.
        needed_if: tensors with a default that a batch must have if an option has a value:
            {("variant", "kto"): ("mismatched_log_probs",)}.
        optional_if: tensors without a default that a batch may lack if an option has a value; None is passed then.
    Raises:
        UsageError: the name belongs to another loss, is empty or has a colon.
    """
    register = _LOSSES.register(name)

    def keep(function: F) -> F:
        _CONDITIONS[register(function)] = [(needed_if or {}, True), (optional_if or {}, False)]
        return function

    return keep


def preference_loss_names() -> list[str]:
    """Names of all registered losses."""
    return _LOSSES.names()


def build_preference_loss(name: str, **options: Any) -> PreferenceLoss:
    """Build a loss from a configuration.

    Args:
        name: "dpo", "tdpo", "cdpo", "treg", "bco", "kto", "poft", "cpo", "simpo", "logo", a name registered with
            `register_preference_loss`, or "module:function".
        options: keyword arguments of the function other than tensors; for "bco" also `shift_average`, "rows" or
            "classes". Their values are checked at the first call.
    Raises:
        UsageError: unknown name or option.
    """
    return PreferenceLoss(name, _LOSSES.find(name), options)


def _is_tensor(parameter: inspect.Parameter) -> bool:
    """Whether an argument is a tensor by its annotation: `Tensor` or `Tensor | None`, as string or as type."""
    note = parameter.annotation
    text = note if isinstance(note, str) else getattr(note, "__name__", str(note))
    return "Tensor" in text
