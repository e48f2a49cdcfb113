"""Apply a property to every path of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_paths, checked_lengths, valid_frames
from ctcalign.errors import BatchError, CtcAlignError, OwnCodeError, ShapeError, UsageError
from ctcalign.objectives.properties.interface import BatchProperty, Property, PropertyContext, Source, check_source


@checked_arguments
def improve(
    paths: Tensor,
    property: Property,
    contexts: PropertyContext | Sequence[PropertyContext],
    input_lengths: Tensor | None = None,
    generator: Source = None,
) -> tuple[Tensor, Tensor]:
    """Improved paths, and which of them differ from the sampled ones.

    Args:
        paths: labels of the sampled paths, (B, N, T) ints.
        property: what improves a path.
        contexts: one per utterance, B of them; or one for all.
        input_lengths: valid frames, (B,) counts; None means all T.
        generator: source of randomness, on the device of the paths; None is torch's global generator. With one per
            utterance the result for an utterance does not depend on the rest of the batch.
    Returns:
        improved (B, N, T) int64 on the device of the paths; changed (B, N) bool: it differs in a valid frame.
    Raises:
        ShapeError: shapes do not agree, or the property returned a path of another length.
        BatchError: no paths, a length out of range, or the property returned a label outside the vocabulary.
        OwnCodeError: a property of the user's own raised an exception.
    """
    if paths.ndim != 3:
        raise ShapeError(f"paths: expected shape (B, N, T), got {tuple(paths.shape)}")
    batch, _, frames = paths.shape
    if not batch:
        raise BatchError(f"paths: the batch is empty, shape {tuple(paths.shape)}; skip it")
    check_paths("paths", paths, batch, frames)
    if not callable(property):
        raise UsageError(f"property: expected a property, got {type(property).__name__}; see build_property")
    each = [contexts] * batch if isinstance(contexts, PropertyContext) else contexts
    if not isinstance(each, Sequence) or not all(isinstance(one, PropertyContext) for one in each):
        raise UsageError("contexts: expected a PropertyContext, or one per utterance")
    if len(each) != batch:
        raise ShapeError(f"contexts: expected {batch}, one per utterance, got {len(each)}")
    check_source("generator", generator)
    lengths = checked_lengths("input_lengths", input_lengths, batch, frames, paths.device)
    paths = paths.long()
    if isinstance(generator, Sequence) and len(generator) != batch:
        raise ShapeError(f"generator: expected one, or {batch}, one per utterance; got {len(generator)}")
    if isinstance(property, BatchProperty):
        improved = property.improve_batch(paths, each, lengths, generator)
    else:
        improved = _one_by_one(paths, property, each, lengths, generator)
    changed = ((improved != paths) & valid_frames(lengths, frames)[:, None, :]).any(-1)
    return improved, changed


def numpy_generator(generator: torch.Generator | None, device: torch.device) -> np.random.Generator:
    """A numpy generator whose seed is drawn from a torch generator."""
    place = device if generator is None else generator.device
    return np.random.default_rng(int(torch.randint(2**62, (), generator=generator, device=place)))


def _applied(
    property: Property, path: NDArray[np.int64], context: PropertyContext, utterance: int
) -> NDArray[Any] | None:
    try:
        better = property(path, context)
        return None if better is None else np.asarray(better)
    except CtcAlignError:
        raise
    except Exception as error:  # code of the user's own may raise anything
        function = property.func if isinstance(property, partial) else property
        if not hasattr(function, "__qualname__"):  # an object that can be called
            function = type(function)
        if function.__module__.startswith("ctcalign."):
            raise
        name = f"{function.__module__}:{function.__qualname__}"
        raise OwnCodeError(f"property {name} raised {type(error).__name__}: {error}", utterance) from error


def _one_by_one(
    paths: Tensor,
    property: Property,
    contexts: Sequence[PropertyContext],
    lengths: Tensor,
    generator: Source,
) -> Tensor:
    if generator is None or isinstance(generator, torch.Generator):
        rngs = [numpy_generator(generator, paths.device)] * len(contexts)
    else:
        rngs = [numpy_generator(own, paths.device) for own in generator]
    improved = paths.cpu().numpy().copy()
    for utterance, frames in enumerate(lengths.tolist()):
        context = replace(contexts[utterance], rng=rngs[utterance])
        for row in improved[utterance]:
            path = row[:frames].copy()
            path.setflags(write=False)
            better = _applied(property, path, context, utterance)
            if better is None:
                continue
            if better.shape != path.shape or not np.issubdtype(better.dtype, np.integer):
                raise ShapeError(
                    f"property: expected {frames} ints like the path passed to it, or None; got "
                    f"{better.dtype} {better.shape}"
                )
            if better.size and (better.min() < 0 or (context.vocabulary and better.max() >= len(context.vocabulary))):
                raise BatchError(
                    f"property: returned labels from {better.min()} to {better.max()}, expected labels in "
                    f"[0, {len(context.vocabulary) or 'C'})"
                )
            row[:frames] = better
    return torch.from_numpy(improved).to(paths.device)
