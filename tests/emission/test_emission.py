"""Windows on one grid: a recording in pieces gives the emission of the whole."""

from __future__ import annotations

import itertools
import math
import mmap
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from ctcalign.emission import store as emission_store
from ctcalign.emission.emission import STAGE, Emission, compute_emission
from ctcalign.emission.store import EnergyTrack
from ctcalign.emission.windows import cut, plan_windows
from ctcalign.errors import ModelError, OutputError, UsageError
from ctcalign.text.vocabulary import Vocabulary
from tests.emission.emission_cases import RATE, FakeModel, blocks_of, noise, whole


@pytest.mark.parametrize("kernel", [320, 400, 1000])
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("samples", [RATE * 20, RATE * 20 + 123, RATE * 7 + 15_359, RATE * 2])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_in_pieces_is_the_whole(kernel: int, stride: int, samples: int, batch_size: int) -> None:
    model = FakeModel(kernel=kernel, stride=stride)
    wave = noise(samples)
    emission = compute_emission(model, blocks_of(wave, 7777), window=5.0, batch_size=batch_size)
    expected = whole(model, wave)
    assert emission.log_probs.shape == expected.shape
    np.testing.assert_allclose(emission.log_probs, expected, atol=1e-4)
    assert emission.duration == samples / RATE
    assert not emission.on_disk


def test_a_context_that_is_too_small_is_seen() -> None:
    """The comparison above can fail: a model that hides half of its context differs at the seams."""
    model = FakeModel(reach=60)
    model.context = 0.1
    wave = noise(RATE * 20)
    emission = compute_emission(model, wave, window=5.0)
    assert np.abs(emission.log_probs - whole(model, wave)).max() > 1e-3


def test_a_model_may_say_how_long_its_windows_are() -> None:
    model = FakeModel()
    model.window = 5.0  # type: ignore[attr-defined]
    compute_emission(model, noise(RATE * 20))
    assert max(samples for _, samples in model.calls) == plan_windows(0.02, RATE, model.context, 5.0).window_samples
    model.calls.clear()
    compute_emission(model, noise(RATE * 20), window=8.0)
    assert max(samples for _, samples in model.calls) == plan_windows(0.02, RATE, model.context, 8.0).window_samples


def test_every_ending_lands_on_the_grid() -> None:
    model = FakeModel(kernel=400, reach=3)
    plan = plan_windows(0.02, RATE, model.context, 2.0)
    for extra in (-321, -320, -1, 0, 1, 79, 80, 81, 319, 320, 400):
        samples = plan.window_samples + plan.hop_samples + extra
        wave = noise(samples)
        emission = compute_emission(model, blocks_of(wave, 1000), window=2.0)
        np.testing.assert_allclose(emission.log_probs, whole(model, wave), atol=1e-4)


def test_model_without_a_bound_gets_the_default_context() -> None:
    plan = plan_windows(0.02, RATE, None)
    assert plan.context_frames * 0.02 >= 3.0
    assert plan.window_seconds <= 30.0
    assert plan.hop_samples % (16 * 320) == 0


@pytest.mark.parametrize("samples", [0, 1, 319, 320, 321, 399, 400, 719, 720, 5000])
def test_very_short(samples: int) -> None:
    model = FakeModel(kernel=400)
    emission = compute_emission(model, [noise(samples)[None]] if samples else [])
    assert emission.log_probs.shape == (max((samples - 400) // 320 + 1, 0), 5)
    assert emission.duration == samples / RATE
    assert len(emission.energy) == math.ceil(samples / 160)


def test_digital_silence_is_finite() -> None:
    emission = compute_emission(FakeModel(), np.zeros(RATE * 3, dtype=np.float32))
    assert np.isfinite(emission.log_probs).all()
    np.testing.assert_allclose(emission.energy, math.log(1e-10), rtol=1e-5)


def test_long_recordings_go_to_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(emission_store, "RAM_SECONDS", 8.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model, wave = FakeModel(), noise(RATE * 30)
    with compute_emission(model, blocks_of(wave, RATE), window=5.0) as emission:
        assert emission.on_disk
        assert emission.log_probs.dtype == np.float16
        np.testing.assert_allclose(emission.log_probs.astype(np.float32), whole(model, wave), rtol=1e-3, atol=1e-3)
        torch.from_numpy(emission.log_probs)  # writable: no warning
    assert emission.log_probs.shape == (0, 5)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(emission_store, "RAM_SECONDS", 1.0)
    monkeypatch.setattr(emission_store.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(OutputError, match=r"No space left on device; free some space or set TMPDIR"):
        compute_emission(FakeModel(), noise(RATE * 30), window=5.0)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"
        ),
        RuntimeError("MPS backend out of memory"),
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        MemoryError("Unable to allocate 3 GiB"),
    ],
)
def test_batch_is_halved_when_memory_runs_out(error: Exception) -> None:
    class Small(FakeModel):
        def __call__(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            if len(waveform) > 2:
                self.calls.append((len(waveform), -1))
                raise error
            return super().__call__(waveform, lengths)

    model, wave = Small(), noise(RATE * 60)
    emission = compute_emission(model, wave, window=5.0, batch_size=8)
    assert [batch for batch, _ in model.calls[:3]] == [8, 4, 2]
    assert sum(size == -1 for _, size in model.calls) == 2  # the smaller batch is remembered
    np.testing.assert_allclose(emission.log_probs, whole(FakeModel(), wave), atol=1e-4)


def test_one_window_that_does_not_fit_is_an_error() -> None:
    class Huge(FakeModel):
        def __call__(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(ModelError, match=r"not enough memory on cpu for one window of 5 s; use a shorter --window"):
        compute_emission(Huge(), noise(RATE * 60), window=5.0, batch_size=4)


def test_other_errors_pass() -> None:
    class Broken(FakeModel):
        def __call__(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        compute_emission(Broken(), noise(RATE), batch_size=4)


def test_progress_grows_to_the_end() -> None:
    seen: list[tuple[str, float, float | None]] = []
    compute_emission(
        FakeModel(), blocks_of(noise(RATE * 21), 999), window=5.0, progress=lambda *args: seen.append(args)
    )
    done = [seconds for _, seconds, _ in seen]
    assert done == sorted(done)
    assert len(done) > 3
    assert seen[-1] == (STAGE, 21.0, None)


@pytest.mark.parametrize("rate", [16_000, 11_025, 8000])
@pytest.mark.parametrize("size", [1, 37, 160, 1000, 10_000])
def test_energy_does_not_depend_on_the_blocks(rate: int, size: int) -> None:
    wave = noise(3333, seed=3) * np.linspace(0, 1, 3333, dtype=np.float32)
    track = EnergyTrack(rate)
    for start in range(0, len(wave), size):
        track.add(wave[start : start + size])
    energy = track.finish()
    edges = [i * rate // 100 for i in range(math.ceil(len(wave) * 100 / rate) + 1)]
    expected = [
        math.log(float(np.mean(wave[a:b].astype(np.float64) ** 2)) + 1e-10)
        for a, b in itertools.pairwise(edges)
        if a < len(wave)
    ]
    np.testing.assert_allclose(energy, expected, rtol=1e-4, atol=1e-4)


def test_windows_cover_each_sample_with_context() -> None:
    plan = plan_windows(0.02, RATE, 0.5, 3.0)
    wave = np.arange(RATE * 10 + 17, dtype=np.float32)
    windows = list(cut([wave[:5], wave[5:70_000], wave[70_000:]], plan))
    assert [w.last for w in windows] == [False] * (len(windows) - 1) + [True]
    for window in windows:
        assert window.samples[0] == window.index * plan.hop_samples
        assert len(window.samples) <= plan.window_samples
        np.testing.assert_array_equal(np.diff(window.samples), 1)
    assert windows[-1].samples[-1] == wave[-1]
    assert len(windows[-1].samples) > 2 * plan.context_frames * 320


def test_max_memory_chooses_batch_and_window(monkeypatch: pytest.MonkeyPatch) -> None:
    from ctcalign.emission import runner

    def measured(run: object, device: object) -> int:
        assert callable(run)
        run()
        return 100 << 20  # for the 10 s of the probe

    monkeypatch.setattr(runner, "peak_of", measured)
    monkeypatch.setattr(runner, "used_bytes", lambda device: 200 << 20)
    fixed = runner.RESERVE + (200 << 20)
    wave = noise(RATE * 120)

    def run(room_mb: int, window: float | None) -> FakeModel:
        model = FakeModel()
        emission = compute_emission(model, wave, window=window, batch_size=8, max_memory=fixed + (room_mb << 20))
        np.testing.assert_allclose(emission.log_probs, whole(FakeModel(), wave), atol=1e-4)
        model.calls = model.calls[2:]  # after the probes
        return model

    assert max(batch for batch, _ in run(100_000, 10.0).calls) == 8
    assert max(batch for batch, _ in run(650, 10.0).calls) == 3  # 200 MB a window with the safety factor
    assert max(size for _, size in run(650, None).calls) <= 30 * RATE
    assert max(size for _, size in run(210, None).calls) <= 10.5 * RATE
    with pytest.raises(UsageError, match=r"max_memory: .* is too little: windows of 10 s need about .*; raise it"):
        run(100, 10.0)
    with pytest.raises(UsageError, match=r"max_memory: .* is too little"):
        run(-50, None)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux reports anonymous memory")
def test_mapped_files_do_not_count_towards_the_memory_limit(tmp_path: Path) -> None:
    from ctcalign.emission import runner

    size = 64 << 20
    (tmp_path / "file").write_bytes(bytes(size))
    before, held = runner.used_bytes("cpu"), runner.resident_bytes()
    with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert not any(mapped[::4096])
        assert (runner.resident_bytes() or 0) - (held or 0) > size // 2
        assert runner.used_bytes("cpu") - before < size // 2
    # Pages of its own: an array may be given memory that the process has freed but not returned.
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as own:
        own.write(b"1" * size)
        assert runner.used_bytes("cpu") - before > size // 2


_FLAT = """
import resource
import numpy as np, torch
from tests.emission.emission_cases import FakeModel, RATE
from ctcalign.emission.emission import STAGE, compute_emission
torch.set_num_threads(1)
block = np.random.default_rng(0).standard_normal(RATE * 10).astype(np.float32)
with compute_emission(FakeModel(reach=1), (block for _ in range({minutes} * 6))) as emission:
    assert emission.on_disk == ({minutes} > 30)
    assert np.isfinite(emission.log_probs[::50].astype(np.float32)).all()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_length() -> None:
    def peak(minutes: int) -> int:
        command = [sys.executable, "-c", _FLAT.format(minutes=minutes)]
        run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
        return int(run.stdout)

    assert peak(90) < 1.1 * peak(10)


def test_emission_is_a_context_manager_without_a_file() -> None:
    with Emission(np.zeros((3, 2), dtype=np.float32), 0.02, 0.0, Vocabulary(("-", "a")), 0.06) as emission:
        pass
    assert emission.log_probs.shape == (3, 2)


@pytest.mark.parametrize("window", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_a_window_that_is_no_length_is_refused(window: float) -> None:
    with pytest.raises(UsageError, match="window: expected a number of seconds above 0"):
        compute_emission(FakeModel(), noise(RATE), window=window)
