"""Batches: each utterance once an epoch, the same on any number of processes, resumed where training was stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from ctcalign.errors import UsageError
from ctcalign.train.data.augmentation import Augmentation, NoiseConfig, SpecAugment
from ctcalign.train.data.batch import Batch
from ctcalign.train.data.loading import GlobalBatches, Reader
from ctcalign.train.data.module import CutsDataModule
from tests.train.tones import make_cuts


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("data") / "cuts0", 31)  # the folder names the cuts


@pytest.fixture(scope="module")
def shar(manifest, tmp_path_factory) -> Path:
    from lhotse import CutSet

    folder = tmp_path_factory.mktemp("shar")
    CutSet.from_file(manifest).to_shar(folder, fields={"recording": "flac"}, shard_size=8)
    return folder


def batches(source: Path | list[str], **options) -> GlobalBatches:
    sources = source if isinstance(source, list) else str(source)
    return GlobalBatches("data.train", sources, **{"max_duration": 5.0, "shuffle": True, **options})


@pytest.mark.parametrize("kind", ["manifest", "shar"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_every_utterance_comes_once_an_epoch(kind, shuffle, request):
    whole = batches(request.getfixturevalue(kind), shuffle=shuffle)
    orders = []
    for epoch in range(2):
        shares = list(whole.epoch(epoch))
        orders.append([cut.id for share in shares for cut in share.cuts])
        assert sorted(orders[-1]) == [f"cuts0-{n:03d}" for n in range(31)]
        assert [share.index for share in shares] == list(range(len(shares)))
        assert [share.last for share in shares] == [False] * (len(shares) - 1) + [True]
        assert all(sum(cut.duration for cut in share.cuts) <= 5.0 for share in shares)
        assert [share.index for share in whole.epoch(epoch, start=3)] == list(range(3, len(shares)))
    assert (orders[0] != orders[1]) == shuffle


def test_processes_share_the_batches_of_one(manifest):
    whole = list(batches(manifest).epoch(4))
    parts = [list(batches(manifest, rank=rank, world_size=5).epoch(4)) for rank in range(5)]
    assert {len(one) for one in parts} == {len(whole)}
    for share, *others in zip(whole, *parts, strict=True):
        own = [cut.id for other in others if not other.spare for cut in other.cuts]
        assert sorted(own) == sorted(cut.id for cut in share.cuts)
        assert all(other.cuts for other in others)  # no process is without utterances
    assert any(other.spare for one in parts for other in one)


def test_several_sources_and_long_utterances(manifest, shar, tmp_path):
    other = make_cuts(tmp_path / "other", 6, seed=3)
    many = batches([str(shar), str(other)])
    assert len({cut.id for share in many.epoch(0) for cut in share.cuts}) == 37
    assert many.skipped == 0
    short = batches(manifest, longest=0.8)
    left = [cut for share in short.epoch(0) for cut in share.cuts]
    assert all(cut.duration <= 0.8 for cut in left)
    assert len(left) + short.skipped == 31
    assert 0 < short.skipped < 31


def test_an_utterance_has_its_own_randomness(manifest, tmp_path):
    """Whoever reads it, and with whatever beside it, it sounds the same in an epoch, and another way in the next."""
    rng = np.random.default_rng(0)
    sf.write(tmp_path / "noise.wav", rng.normal(0, 0.1, 20_000), 16_000)
    augmentation = Augmentation([0.9, 1.0, 1.1], NoiseConfig(str(tmp_path), 1.0), SpecAugment())
    found = []
    for world in (1, 2):
        ways = {}
        for rank in range(world):
            for share in batches(manifest, rank=rank, world_size=world).epoch(0):
                batch = Reader(augmentation=augmentation, seed=5)[share]
                rows = zip(batch.ids, batch.inputs, batch.lengths.tolist(), strict=True)
                ways |= {name: row[:length] for name, row, length in rows if not share.spare}
        found.append(ways)
    assert set(found[0]) == set(found[1])
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    later = Reader(augmentation=augmentation, seed=5)[next(batches(manifest).epoch(1))]
    assert not any(
        torch.equal(row[:length], found[0][name])
        for name, row, length in zip(later.ids, later.inputs, later.lengths.tolist(), strict=True)
    )


class _Trainer:
    training, global_rank, world_size = True, 0, 1


def test_a_loader_resumes_after_the_last_trained_batch_not_the_last_read_one(shar):
    def names(batch: Batch) -> list[str]:
        return batch.ids

    module = CutsDataModule(str(shar), max_duration=5.0, workers=1)
    module.trainer = _Trainer()  # type: ignore[assignment]
    loader = module.train_dataloader()
    whole = [names(batch) for batch in loader] + [names(batch) for batch in loader]  # nothing was trained on
    assert whole[: len(whole) // 2] == whole[len(whole) // 2 :]
    for place, batch in enumerate(loader):
        module.on_after_batch_transfer(batch, 0)
        if place == 2:
            break
    other = CutsDataModule(str(shar), max_duration=5.0, workers=0)
    other.load_state_dict(module.state_dict())
    assert [names(batch) for batch in other.train_dataloader()] == whole[3 : len(whole) // 2]
    for batch in (rest := other.train_dataloader()):
        other.trainer = _Trainer()  # type: ignore[assignment]
        other.on_after_batch_transfer(batch, 0)
    assert other.state_dict() == {"epoch": 1, "batch": 0}
    assert {batch.epoch for batch in rest} == {1}


def test_numbers_out_of_range(manifest):
    with pytest.raises(UsageError, match="buckets: got 0, expected a whole number >= 1"):
        batches(manifest, buckets=0)
    with pytest.raises(UsageError, match="workers: got -1, expected a whole number >= 0"):
        CutsDataModule(str(manifest), workers=-1)
