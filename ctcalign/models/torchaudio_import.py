"""Import torchaudio, also next to a torch that was built for another minor version of CUDA."""

from __future__ import annotations

from typing import Any

from ctcalign.errors import ModelError


def import_torchaudio() -> Any:
    """The package, ready for use.

    The last release (2.11) refuses to be imported beside any torch whose CUDA version differs in the second digit,
    which is what the package index gives for newer torch. The check guards torchaudio's own CUDA kernels; its models
    and its CPU kernels do not use them, so it is answered with "no CUDA" for the length of the import.

    Raises:
        ModelError: not installed, or broken for another reason.
    """
    import torch

    try:
        import torchaudio
    except RuntimeError as error:
        if "CUDA version" not in str(error):
            raise ModelError(f"torchaudio cannot be imported ({_first_line(error)}); install it again") from None
    except ModuleNotFoundError:
        raise ModelError("torchaudio is not installed; pip install 'ctcalign[torchaudio]'") from None
    except (ImportError, OSError, AttributeError) as error:
        raise ModelError(
            f"torchaudio cannot be imported ({_first_line(error)}); install the one for your torch"
        ) from None
    else:
        return torchaudio
    built_for = torch.version.cuda
    try:
        torch.version.cuda = None
        import torchaudio
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise ModelError(
            f"torchaudio cannot be imported ({_first_line(error)}); install the one for your torch"
        ) from None
    finally:
        torch.version.cuda = built_for
    return torchaudio


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
