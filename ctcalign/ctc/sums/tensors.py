"""The recursions of `kernels` as tensor operations over all utterances and states at once: for accelerators.

Each frame costs a few launches, whatever the batch. Results agree with the kernels up to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.ctc.sums.kernels import Trellis


@dataclass(frozen=True)
class _States:
    """Emission of each state (B, T, S), and the sizes, on its device; float64 where the device supports it."""

    emission: Tensor
    labels: Tensor
    skips: Tensor
    frames: Tensor
    last: Tensor
    bonus: Tensor

    @property
    def is_token(self) -> Tensor:
        return torch.arange(self.labels.shape[1], device=self.labels.device) % 2 == 1


def totals(log_probs: Tensor, trellis: Trellis, bonus: Tensor | None, occupancies: Tensor | None) -> Tensor:
    """Total scores (B,) of the type of log_probs; label posteriors are added to occupancies (B, T, C)."""
    states = _states(log_probs, trellis, bonus)
    alphas = _forward(states)
    final = _final(states)
    score = torch.logsumexp(alphas[-1] + final, 1)
    if occupancies is not None:
        _add_posteriors(states, alphas, final, score, occupancies)
    return score.to(log_probs.dtype)


def draw_alignments(log_probs: Tensor, trellis: Trellis, systematic: bool, uniforms: Tensor, blank: int) -> Tensor:
    """The same as the kernel `draw_alignments`: (B, n, T) labels, -1 where no alignment exists."""
    states = _states(log_probs, trellis, None)
    alphas, final = _forward(states), _final(states)
    batch, number, frames = uniforms.shape
    device = log_probs.device
    width = states.labels.shape[1]
    paths = torch.full((batch, number, frames), blank, dtype=torch.int64, device=device)
    place = torch.zeros((batch, number), dtype=torch.int64, device=device)
    offset = uniforms[:, :1, :1] if frames else uniforms.new_zeros(batch, 1, 1)
    quantile = ((torch.arange(number, device=device)[None, :, None] + offset) / number)[..., 0].to(uniforms)
    grain = torch.full_like(quantile, torch.finfo(uniforms.dtype).eps / 2)
    finest, most = torch.finfo(uniforms.dtype).eps / 2, 1 - torch.finfo(uniforms.dtype).eps / 2
    for t in range(frames - 1, -1, -1):
        ends = (states.frames - 1 == t)[:, None].expand(batch, number)
        inside = (states.frames > t)[:, None].expand(batch, number)
        alpha = alphas[t + 1]
        # Candidates in the order stay, step, leap; at the end: none, last state, last token.
        before = torch.stack([place, place - 1, place - 2], -1)
        final_places = torch.stack([states.last + 1, states.last, states.last - 1], -1)[:, None].expand_as(before)
        candidates = torch.where(ends[..., None], final_places, before)
        allowed = (candidates >= 0) & (candidates < width)
        leap = (states.skips.gather(1, place) & ~ends) | ends
        allowed = allowed & torch.stack([~ends, torch.ones_like(ends), leap], -1)
        rows = alpha[:, None].expand(batch, number, width)
        scores = rows.gather(2, candidates.clamp(0, width - 1)).masked_fill(~allowed, -math.inf)
        shares = scores.softmax(-1).nan_to_num(0.0)
        if systematic:
            coarse = grain > finest**0.5
            fresh = (quantile + grain * uniforms[..., t]).clamp(max=most)
            quantile = torch.where(coarse, fresh, quantile)
            grain = torch.where(coarse, torch.full_like(grain, finest), grain)
        else:
            quantile = uniforms[..., t]
        edges = shares.cumsum(-1)
        pick = (quantile[..., None] >= edges[..., :2]).sum(-1, keepdim=True)
        pick = torch.where(shares.gather(-1, pick) > 0, pick, shares.argmax(-1, keepdim=True))
        share = shares.gather(-1, pick)[..., 0].clamp(min=1e-300 if uniforms.dtype == torch.float64 else 1e-30)
        low = (edges.gather(-1, pick) - shares.gather(-1, pick))[..., 0]
        quantile = torch.where(inside, ((quantile - low) / share).clamp(0, most), quantile)
        grain = torch.where(inside, grain / share, grain)
        place = torch.where(inside, candidates.gather(-1, pick)[..., 0].clamp(0, width - 1), place)
        paths[..., t] = torch.where(inside, states.labels.gather(1, place), paths[..., t])
    possible = torch.isfinite(torch.logsumexp(alphas[-1] + final, 1))
    return torch.where(possible[:, None, None], paths, torch.full_like(paths, -1))


def _states(log_probs: Tensor, trellis: Trellis, bonus: Tensor | None) -> _States:
    device = log_probs.device
    scores = log_probs.detach().to(torch.float32 if device.type == "mps" else torch.float64)
    labels = torch.from_numpy(trellis.labels).to(device)
    batch, frames, _ = scores.shape
    emission = scores.gather(2, labels[:, None].expand(batch, frames, labels.shape[1]))
    return _States(
        emission,
        labels,
        torch.from_numpy(trellis.skips).to(device),
        torch.from_numpy(trellis.frames).to(device),
        torch.from_numpy(trellis.states - 1).to(device),
        torch.zeros_like(scores[..., 0]) if bonus is None else bonus.detach().to(scores),
    )


def _forward(states: _States) -> list[Tensor]:
    """alphas[0] before the first frame, alphas[t + 1] after frame t, (B, S) each; constant beyond the last frame.

    alphas[0] is 0 in the first state: it is the state from which states 0 and 1 are entered.
    """
    batch, frames, width = states.emission.shape
    start = states.bonus.new_full((batch, width), -math.inf)
    start[:, 0] = 0.0
    alphas = [start]
    nothing = start.new_full((batch, 2), -math.inf)
    for t in range(frames):
        alpha = alphas[-1]
        entry = torch.where(states.is_token, states.bonus[:, t : t + 1], torch.zeros_like(states.bonus[:, t : t + 1]))
        step = torch.cat([nothing[:, :1], alpha[:, :-1]], 1) + entry
        leap = (torch.cat([nothing, alpha], 1)[:, :width] + entry).masked_fill(~states.skips, -math.inf)
        new = torch.logsumexp(torch.stack([alpha, step, leap]), 0) + states.emission[:, t]
        alphas.append(torch.where((states.frames > t)[:, None], new, alpha))
    return alphas


def _final(states: _States) -> Tensor:
    """0 for the states in which an utterance may end, -inf elsewhere, (B, S). Without frames: the first state alone."""
    place = torch.arange(states.labels.shape[1], device=states.labels.device)[None]
    last = states.last[:, None]
    ending = (place == last) | ((place == last - 1) & (states.frames > 0)[:, None])
    return states.bonus.new_zeros(states.labels.shape).masked_fill(~ending, -math.inf)


def _add_posteriors(states: _States, alphas: list[Tensor], final: Tensor, score: Tensor, occupancies: Tensor) -> None:
    batch, frames, width = states.emission.shape
    nothing = final.new_full((batch, 2), -math.inf)
    after = final
    possible = torch.isfinite(score)[:, None]
    for t in range(frames - 1, -1, -1):
        if t < frames - 1:
            before = after + states.emission[:, t + 1]
            bonus = states.bonus[:, t + 1 : t + 2]
            entered = torch.where(states.is_token, before + bonus, before)
            step = torch.cat([entered, nothing], 1)[:, 1 : width + 1]
            leap = torch.cat([entered.masked_fill(~states.skips, -math.inf), nothing], 1)[:, 2:]
            new = torch.logsumexp(torch.stack([before, step, leap]), 0)
            after = torch.where((states.frames > t + 1)[:, None], new, final)
        posterior = (alphas[t + 1] + after - score[:, None]).exp()
        posterior = torch.where(possible & (states.frames > t)[:, None], posterior, torch.zeros_like(posterior))
        occupancies[:, t].scatter_add_(1, states.labels, posterior.to(occupancies))
