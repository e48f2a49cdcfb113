"""Batches: each utterance once an epoch, the same on any number of processes, resumed where training was stopped."""

from __future__ import annotations

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import torch

from ctcalign.errors import UsageError
from ctcalign.train.data.augmentation import Augmentation, NoiseConfig, SpecAugment
from ctcalign.train.data.batch import Batch
from ctcalign.train.data.drawing import GlobalBatches
from ctcalign.train.data.loading import BatchLoader, Reader
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


@pytest.mark.parametrize("max_cuts", [None, 12])
def test_long_utterances_are_not_left_for_the_end_of_an_epoch(tmp_path, max_cuts):
    from lhotse import CutSet, MonoCut, Recording, SupervisionSegment

    sf.write(tmp_path / "silence.wav", np.zeros(20 * 16_000, np.float32), 16_000)
    recording = Recording.from_file(tmp_path / "silence.wav")
    durations = np.clip(np.random.default_rng(0).lognormal(1.2, 0.7, 3000), 0.5, 18)
    cuts = CutSet(
        MonoCut(
            f"cut{n}",
            0,
            round(float(seconds), 2),
            0,
            [SupervisionSegment(f"s{n}", recording.id, 0, 0.4, text="a")],
            recording=recording,
        )
        for n, seconds in enumerate(durations)
    )
    cuts.to_file(tmp_path / "cuts.jsonl")
    drawn = list(batches(tmp_path / "cuts.jsonl", max_duration=60.0, max_cuts=max_cuts).epoch(0))
    quarters = [
        [cut.duration for share in part for cut in share.cuts] for part in np.array_split(np.array(drawn, object), 4)
    ]
    means = [np.mean(quarter) for quarter in quarters]
    assert max(means) < 1.7 * min(means)


def test_processes_share_the_batches_of_one(manifest):
    whole = list(batches(manifest).epoch(4))
    parts = [list(batches(manifest, rank=rank, world_size=5).epoch(4)) for rank in range(5)]
    assert {len(one) for one in parts} == {len(whole)}
    for share, *others in zip(whole, *parts, strict=True):
        own = [cut.id for other in others if not other.spare for cut in other.cuts]
        assert sorted(own) == sorted(cut.id for cut in share.cuts)
        assert all(other.cuts for other in others)  # no process is without utterances
    assert any(other.spare for one in parts for other in one)


def together(world: int, parts: int, streams: int, source: Path | list[str], **options) -> list[list[list[str]]]:
    """Utterances of each batch by step of each process: a thread stands for a process."""
    said, wait = [False] * world, threading.Barrier(world, timeout=60)

    def drawn(rank: int) -> list[list[list[str]]]:
        def agree(value: bool) -> bool:
            said[rank] = value
            wait.wait()
            found = any(said)
            wait.wait()
            return found

        found: dict[int, list[list[str]]] = {}
        one = batches(source, rank=rank, world_size=world, parts=parts, agree=agree, **options)
        for step in one.epoch(2, streams=streams):
            assert step.cuts  # no step is without utterances
            found.setdefault(step.index, []).append([] if step.spare else [cut.id for cut in step.cuts])
        assert step.last
        assert all(len(steps) == parts for steps in found.values())
        return list(found.values())

    with ThreadPoolExecutor(world) as pool:
        by_process = list(pool.map(drawn, range(world)))
    assert {len(one) for one in by_process} == {len(by_process[0])}
    # Slots: the steps of an update, as if each were made by a process of its own.
    return [[one[part] for one in same for part in range(parts)] for same in zip(*by_process, strict=True)]


def flat(lists: list[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("kind", ["manifest", "shar"])
@pytest.mark.parametrize("streams", [1, 4])
def test_processes_and_accumulated_steps_make_the_same_updates(streams, kind, shuffle, request):
    """8 x 1 = 1 x 8 = 2 x 4 = one large step: of the manifest and of the 4 shards, the last of which is smaller."""
    source = request.getfixturevalue(kind)
    ways = [
        together(world, parts, streams, source, max_duration=7 / parts, shuffle=shuffle, buckets=3)
        for world, parts in ((4, 1), (2, 2), (1, 4), (2, 1), (1, 1))
    ]
    assert ways[0] == ways[1] == ways[2]  # also which step has which
    updates = [[sorted(flat(steps)) for steps in way] for way in ways]
    assert all(one == updates[0] for one in updates)
    assert sorted(flat(updates[0])) == [f"cuts0-{n:03d}" for n in range(31)]
    assert len(updates[0]) > 3
    assert any(not own for steps in ways[0] for own in steps)  # with more steps than utterances


def test_a_process_reads_only_the_shards_of_its_streams(shar):
    """4 streams on 2 processes; on 3, which do not divide 4, each process reads all and takes its part."""
    from lhotse import CutSet

    shards = [{cut.id for cut in CutSet.from_jsonl_lazy(file)} for file in sorted(shar.glob("cuts.*"))]
    assert [len(one) for one in shards] == [8, 8, 8, 7]
    steps = together(2, 1, 4, shar)
    for rank, own in enumerate((shards[0] | shards[2], shards[1] | shards[3])):
        assert {name for one in steps for name in one[rank]} == own
    three = together(3, 1, 4, shar)
    assert [sorted(flat(one)) for one in three] == [sorted(flat(one)) for one in steps]
    assert {name for one in three for name in one[0]} & shards[3]


def test_streams_of_several_sources(manifest, shar, tmp_path):
    """A folder with fewer shards than streams, and a manifest: every process reads them and takes its part."""
    other = make_cuts(tmp_path / "other", 6, seed=3)
    found = together(5, 1, 5, [str(shar), str(other)], max_duration=6)
    assert len(flat(flat(found))) == len({*flat(flat(found))}) == 37


def test_a_stream_without_short_utterances_has_nothing_to_do(shar, tmp_path):
    from lhotse import CutSet

    longest = [max(cut.duration for cut in CutSet.from_jsonl_lazy(file)) for file in sorted(shar.glob("cuts.*"))]
    assert together(4, 1, 4, shar, longest=min(longest))
    lengths = [sorted(cut.duration for cut in CutSet.from_jsonl_lazy(file)) for file in sorted(shar.glob("cuts.*"))]
    first = min(one[0] for one in lengths)
    found = together(4, 1, 4, shar, longest=first)  # a single utterance
    assert len(flat(flat(found))) == 1
    with pytest.raises(UsageError, match=r"there is no utterance of at most 0.1 seconds"):
        together(4, 1, 4, shar, longest=0.1)


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
    training, global_rank, world_size, accumulate_grad_batches = True, 0, 1, 1


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
    with pytest.raises(UsageError, match=r"max_cuts: got 3 for 8 streams, .* expected at least 8"):
        next(batches(manifest, max_cuts=3).epoch(0, streams=8))
    with pytest.raises(UsageError, match="workers: got -1, expected a whole number >= 0"):
        CutsDataModule(str(manifest), workers=-1)


class _Numbered(Reader):
    """Names its process."""

    def __getitem__(self, own):
        return os.getpid()


def test_reading_processes_serve_all_passes_until_they_are_closed():
    passes = iter(range(10))
    loader = BatchLoader(lambda: iter([next(passes)] * 3), _Numbered(), workers=1)
    first = set(loader)
    next(iter(loader))  # a pass that is left early
    assert first == set(loader)
    assert len(first) == 1
    assert os.getpid() not in first
    loader.close()
    assert set(loader) != first


def test_a_batch_in_another_process_is_the_same(manifest):
    read = Reader(words=True)[next(batches(manifest).epoch(0))]
    sent = pickle.loads(pickle.dumps(read))
    assert torch.equal(sent.inputs, read.inputs)
    assert torch.equal(sent.lengths, read.lengths)
    assert sent.lengths.dtype == read.lengths.dtype
    assert [getattr(sent, one.name) for one in fields(read)[2:]] == [
        getattr(read, one.name) for one in fields(read)[2:]
    ]
