"""Two training processes of the recipe stay synchronised: same gradients, same count of hours, same last step."""

from __future__ import annotations

from argparse import Namespace

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

HOURS = (0.01, 0.03)  # of speech in a step of each process


def _train(rank: int, folder: str) -> None:
    from egs.mini_en.local.data import Batch
    from egs.mini_en.local.train import Run

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    args = Namespace(seed=3, dim=16, blocks=1, lr=1e-2, decay=0.5, total_hours=0.15, dtype="float32")
    run = Run(args)
    noise = torch.Generator().manual_seed(100 + rank)  # other features in each process
    rates = []
    while run.hours < args.total_hours:
        batch = Batch(
            features=torch.randn(1, 60, 80, generator=noise),
            lengths=torch.tensor([60]),
            targets=torch.tensor([1 + rank, 3, 4]),
            target_lengths=torch.tensor([3]),
            phones=torch.full((1, 60), -1),
            hours=HOURS[rank],
        )
        run.step(batch)
        rates.append(run.learning_rate())
    weights = {name: value.detach() for name, value in run.network.named_parameters()}
    torch.save({"weights": weights, "rates": rates, "hours": run.hours, "steps": run.steps}, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.skipif(not dist.is_available(), reason="this torch has no torch.distributed")
def test_processes_with_unequal_batches_end_together_with_the_same_weights(tmp_path):
    mp.spawn(_train, args=(str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["steps"] == second["steps"] == 4
    assert first["hours"] == pytest.approx(4 * sum(HOURS))
    assert first["rates"] == second["rates"]
    for name, value in first["weights"].items():
        torch.testing.assert_close(value, second["weights"][name], rtol=0, atol=0)
