"""Precision of a model: float32, or bfloat16 in torch (`Autocast`); int8 is a separate graph."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Literal, get_args

from ctcalign.checks import check_choice
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from ctcalign.models.protocol import AcousticModel

Precision = Literal["auto", "float32", "bfloat16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


def check_precision(precision: str, name: str, offered: Collection[str]) -> None:
    """Check that a model can run in a precision; all can in "auto".

    Args:
        name: name of the model.   offered: precisions of its family besides "auto"; empty: its file determines it.
    Raises:
        UsageError: the model cannot run in this precision.
    """
    check_choice("precision", precision, PRECISIONS)
    if precision == "auto" or precision in offered:
        return
    if not offered:
        raise UsageError(
            f"precision: {name} computes as its graph says, got {precision}; use auto, or convert the graph itself"
        )
    raise UsageError(f"precision: {name} runs in {' or '.join(offered)}, got {precision}; choose one of these or auto")


class Autocast:
    """A model of torch whose layers compute in bfloat16 where that is safe, by `torch.autocast`; weights stay float32.

    Its attributes are those of the model.

    Raises:
        UsageError: the device has no instructions for bfloat16, so that it would be slower.
    """

    def __init__(self, model: AcousticModel, device: str) -> None:
        if not _computes_in_bfloat16(device):
            raise UsageError(f"precision: {device} has no instructions for bfloat16; use --precision float32 or auto")
        self._model = model
        self._kind = device.partition(":")[0]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copy and pickle look these up before the model is set
            raise AttributeError(name)
        return getattr(self._model, name)

    def __call__(self, waveform: Any, lengths: Any) -> tuple[Any, Any]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities, float32, and (B,) frames."""
        import torch

        with torch.autocast(self._kind, dtype=torch.bfloat16):
            return self._model(waveform, lengths)

    @property
    def masked(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        """The same for a model that can mask the padding of a batch; an AttributeError for others."""
        import torch

        inner: Callable[[Any, Any], tuple[Any, Any]] = self._model.masked  # type: ignore[attr-defined]

        def run(waveform: Any, lengths: Any) -> tuple[Any, Any]:
            with torch.autocast(self._kind, dtype=torch.bfloat16):
                return inner(waveform, lengths)

        return run


def _computes_in_bfloat16(device: str) -> bool:
    """Whether a device of torch multiplies matrices of bfloat16 faster than those of float32."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device != "cpu":
        return False
    known = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile")]
    if any(check is not None and check() for check in known):
        return True
    return torch.backends.cpu.get_cpu_capability().startswith("SVE")
