"""`checked_arguments`: the types of the arguments of a public function, by its annotations, before it runs."""

from __future__ import annotations

import functools
import inspect
import math
import numbers
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ctcalign.errors import ShapeError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_LARGEST = 3e38

F = TypeVar("F", bound=Callable[..., Any])


def checked_arguments(function: F) -> F:
    """Decorator: an argument of the wrong type ends in an error of ctcalign that names it.

    Parameters annotated as Tensor, float, int, bool or str (or one of them and None) are checked. Lists of numbers and
    numpy arrays become tensors. Shapes and values are the business of the function.

    Raises:
        ShapeError: not a tensor, or one without values (of the device "meta"), sparse or complex; tensors on devices
            that the function cannot bring together.
        UsageError: not a number, a whole number, True or False, or a text.
    """
    parameters = inspect.signature(function).parameters
    names = [name for name, one in parameters.items() if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    known = function.__globals__
    checks = {
        name: found for name, one in parameters.items() if (found := _check(str(one.annotation), known)) is not None
    }

    @functools.wraps(function)
    def call(*positional: Any, **named: Any) -> Any:
        given = list(positional)
        for place, name in enumerate(names[: len(given)]):
            if name in checks:
                given[place] = checks[name](name, given[place])
        for name, value in named.items():
            if name in checks:
                named[name] = checks[name](name, value)
        try:
            return function(*given, **named)
        except RuntimeError as error:
            if "can't allocate memory" in str(error):
                raise MemoryError(f"{function.__name__}: {error}") from error
            devices = sorted({str(value.device) for value in (*given, *named.values()) if hasattr(value, "device")})
            if len(devices) < 2 or "device" not in str(error):
                raise
            raise ShapeError(
                f"{function.__name__}: the tensors are on {' and '.join(devices)}; move them to one device"
            ) from error

    return cast("F", call)


def label_array(name: str, value: Any) -> NDArray[Any]:
    """Labels given as a list, an array or a tensor as an array of integers.

    Raises:
        ShapeError: it is none, or holds other values than integers.
    """
    import numpy as np

    try:
        labels = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ShapeError(f"{name}: expected integers, got {type(value).__name__} ({error})") from error
    if labels.size and not (np.issubdtype(labels.dtype, np.integer) and labels.dtype != np.uint64):
        raise ShapeError(f"{name} must be integers of shape (L,), got {labels.dtype} of shape {labels.shape}")
    return labels.astype(np.int64) if labels.size else np.zeros(labels.shape, np.int64)


def number_array(name: str, value: Any) -> NDArray[Any]:
    """Numbers given as a list, an array or a tensor as an array of float64.

    Raises:
        ShapeError: it is none, or holds other values.
    """
    import numpy as np

    try:
        found = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        if found.dtype.kind not in "biuf":
            raise TypeError(f"values of type {found.dtype}")
        return found.astype(np.float64)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise ShapeError(f"{name}: expected numbers, got {type(value).__name__} ({error})") from error


def _check(annotation: str, known: Mapping[str, Any]) -> Callable[[str, Any], Any] | None:
    """The check of a parameter by its annotation; `known`: the names of its module."""
    bare = annotation.strip("'\"").replace("torch.", "")
    optional = bare.endswith(" | None")
    bare = bare.removesuffix(" | None")
    check = _KINDS.get(bare)
    kind = known.get(bare)
    if check is None and isinstance(kind, type) and _is_ours(kind):
        check = partial(_instance, kind)
    if check is None:
        return None

    def one(name: str, value: Any) -> Any:
        return None if optional and value is None else check(name, value)

    return one


def _tensor(name: str, value: Any) -> Tensor:
    import torch

    if not isinstance(value, torch.Tensor):
        if not (hasattr(value, "__array__") or (isinstance(value, Sequence) and not isinstance(value, (str, bytes)))):
            raise ShapeError(f"{name}: expected a tensor, got {_shown(value)}")
        try:
            value = torch.as_tensor(cast("Any", value))
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise ShapeError(f"{name}: expected a tensor, got {type(value).__name__} ({error})") from error
    if value.layout != torch.strided or value.is_quantized or value.is_complex() or value.device.type == "meta":
        raise ShapeError(
            f"{name}: expected a dense tensor of real numbers, got {value.dtype}, {value.layout}, on {value.device}"
        )
    return cast("Tensor", value)


def _number(name: str, value: Any) -> Any:
    if not isinstance(value, bool) and isinstance(value, numbers.Real):
        try:
            number = float(value)
        except OverflowError:
            number = _LARGEST * 2
        if _LARGEST < abs(number) < math.inf:
            raise UsageError(f"{name}: got {number:g}, expected at most {_LARGEST:g}, the largest float32")
        return number if hasattr(value, "__index__") else value
    if hasattr(value, "ndim") and value.ndim == 0 and hasattr(value, "item"):  # a tensor or array of one number
        return _number(name, value.item())
    raise UsageError(f"{name}: got {_shown(value)}, expected a number")


def _whole(name: str, value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        found = operator.index(value)
    except (TypeError, RuntimeError, ValueError):
        raise UsageError(f"{name}: got {_shown(value)}, expected a whole number") from None
    if abs(found) >= 2**63:
        raise UsageError(f"{name}: the number is too large")
    return found


def _truth(name: str, value: Any) -> bool:
    if isinstance(value, int) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise UsageError(f"{name}: got {_shown(value)}, expected True or False")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name}: got {_shown(value)}, expected a text")
    return value


def _is_ours(kind: type) -> bool:
    """Whether it is a class of ctcalign; a protocol has no instances that could be told."""
    return kind.__module__.startswith("ctcalign") and not getattr(kind, "_is_protocol", False)


def _generator(name: str, value: Any) -> Any:
    import torch

    return _instance(torch.Generator, name, value)


def _instance(kind: type, name: str, value: Any) -> Any:
    if not isinstance(value, kind):
        raise UsageError(f"{name}: expected a {kind.__name__}, got {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    text = f"{type(value).__name__} {value!r}" if isinstance(value, (str, int, float)) else type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."


_KINDS: dict[str, Callable[[str, Any], Any]] = {
    "Tensor": _tensor,
    "Generator": _generator,
    "float": _number,
    "int": _whole,
    "bool": _truth,
    "str": _text,
}
