"""Muon for the matrices of the blocks, AdamW for the rest.

Muon replaces the momentum of a matrix by the nearest (semi-)orthogonal matrix, approximated by a Newton-Schulz
iteration (Jordan et al. 2024). Matrices of one shape are stacked into one batched product, in float32, or in bfloat16
on a processor that multiplies it natively.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

# Coefficients of the quintic iteration: every singular value is in about [0.7, 1.2] after five steps.
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonalise(x: Tensor, steps: int = 5) -> Tensor:
    """(N, R, C) -> the same shape, singular values near one."""
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum, scaled so that the learning rate of AdamW fits.

    Several processes divide the matrices among them and exchange the results.
    """

    def __init__(
        self,
        params: list[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            shapes: dict[tuple[int, ...], list[Tensor]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    shapes.setdefault(tuple(sorted(parameter.shape)), []).append(parameter)
            for shape, parameters in shapes.items():
                wide = [self._direction(p, group["momentum"]) for p in parameters]
                update = _divided(torch.stack(wide).to(self.dtype)).float()
                scale = 0.2 * max(shape) ** 0.5  # root mean square 0.2, that of an AdamW update
                for parameter, change in zip(parameters, update, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    same_way = parameter.shape[0] <= parameter.shape[1]
                    parameter.add_(change if same_way else change.T, alpha=-group["lr"] * scale)

    def _direction(self, parameter: Tensor, momentum: float) -> Tensor:
        """Nesterov momentum, transposed if it has more rows than columns."""
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].mul_(momentum).add_(parameter.grad)
        direction = parameter.grad + momentum * state["momentum"]
        return direction if direction.shape[0] <= direction.shape[1] else direction.T


def _divided(stacked: Tensor) -> Tensor:
    """`orthogonalise` with the work divided among the processes."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return orthogonalise(stacked)
    world, rank, count = dist.get_world_size(), dist.get_rank(), len(stacked)
    each = -(-count // world)
    padded = torch.cat([stacked, stacked.new_ones((each * world - count, *stacked.shape[1:]))])
    mine = orthogonalise(padded[rank * each : (rank + 1) * each]).contiguous()
    parts = [torch.empty_like(mine) for _ in range(world)]
    dist.all_gather(parts, mine)
    return torch.cat(parts)[:count]
