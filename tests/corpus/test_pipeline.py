"""A worker's way through its jobs: reading ahead, batches, and what becomes of the jobs of a worker that ends."""

from __future__ import annotations

import queue
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from ctcalign.corpus.engines.local import LocalEngine, _verdicts, _Worker
from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.inputs.opening import open_collection
from ctcalign.corpus.item import Item
from ctcalign.corpus.options import RunOptions
from ctcalign.corpus.run import align_corpus
from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work import batches as room
from ctcalign.corpus.work.outcome import Begun, Job, Joined, Outcome, Room, Started
from ctcalign.corpus.work.pipeline import Pipeline
from ctcalign.corpus.work.worker import Worker
from tests.corpus.collections import excerpts, results

SETTINGS = CorpusSettings(model="builtin:en")


class Slow:
    """A worker whose recordings are read and aligned when the test says so."""

    batches = None

    def __init__(self):
        self.reading, self.aligning = threading.Semaphore(0), threading.Semaphore(0)

    def prepare(self, job):
        assert self.reading.acquire(timeout=20)
        return Recording(job)

    def open_ahead(self, recording):
        return None

    def finish(self, recording, tell, model):
        assert self.aligning.acquire(timeout=20)
        return Outcome(recording.job.number, "done")


class Recording:
    def __init__(self, job):
        self.job, self.closed = job, False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.closed = True


def pipeline(worker):
    events = queue.Queue()
    one = Pipeline(worker, events.put)
    threading.Thread(target=one.run, daemon=True).start()

    def event():
        """The next one that is not `Room`, which depends on who is faster."""
        while (found := events.get(timeout=60)) == Room():
            pass
        return found

    return one, event


def job(number, **options):
    return Job(number, Item(str(number), "", ""), **options)


def test_one_recording_is_read_ahead():
    worker = Slow()
    one, event = pipeline(worker)
    for number in (1, 2, 3):
        one.put(job(number))
    assert event() == Begun(1)
    worker.reading.release()
    assert event() == Begun(2)  # while 1 is aligned
    worker.reading.release()
    worker.aligning.release()
    assert event() == Outcome(1, "done")
    assert event() == Begun(3)  # not before 2 is taken
    worker.reading.release()
    worker.aligning.release()
    assert event() == Outcome(2, "done")
    worker.aligning.release()
    assert event() == Outcome(3, "done")


def test_a_worker_that_has_read_all_asks_for_more():
    events = queue.Queue()
    one = Pipeline(Slow(), events.put)
    threading.Thread(target=one.run, daemon=True).start()
    assert events.get(timeout=20) == Room()
    one.put(job(1))
    assert events.get(timeout=20) == Begun(1)


def test_what_is_not_aligned_is_given_back():
    worker = Slow()
    one, event = pipeline(worker)
    one.put(job(1))
    assert event() == Begun(1)
    worker.reading.release()
    until = time.monotonic() + 20
    while not one._busy and time.monotonic() < until:
        time.sleep(0.01)
    one.give_back()  # 1 is being aligned
    for number in (2, 3):
        one.put(job(number))
    assert event() == Begun(2)
    one.give_back()  # 2 is being read, 3 waits
    assert event() == Outcome(3, "returned")
    worker.reading.release()
    assert event() == Outcome(2, "returned")
    worker.aligning.release()
    assert event() == Outcome(1, "done")


@pytest.mark.parametrize(
    ("begun", "joined", "stopped", "expected"),
    [
        ({1}, (), None, ["lost", "returned", "returned"]),
        (set(), (), None, ["lost", "returned", "returned"]),  # it ended before it could say so
        ({1, 2}, (), None, ["alone", "alone", "returned"]),
        ({1, 2}, (), 1, ["stopped", "returned", "returned"]),
        ({1, 2, 3}, (1, 2), 1, ["alone", "alone", "returned"]),
        ({1, 2, 3}, (2, 3), 1, ["stopped", "returned", "returned"]),
    ],
)
def test_who_has_ended_a_worker(begun, joined, stopped, expected):
    jobs = {number: job(number) for number in (1, 2, 3)}
    worker = _Worker(None, None, jobs, begun=begun, joined=joined, stopped=stopped)
    found = _verdicts(worker, "the worker was ended by SIGSEGV")
    assert [one.number for one in found] == [1, 2, 3]
    assert ["alone" if one.alone else one.status for one in found] == expected
    assert all(("SIGSEGV" in one.detail) == (stopped is None) for one in found if one.status == "lost")


def test_a_job_that_must_be_alone_gets_a_worker_of_its_own(tmp_path):
    engine = LocalEngine(Plan(SETTINGS, "", tmp_path, workers=2))
    sent = []
    for place in range(2):
        connection = SimpleNamespace(send=sent.append, close=lambda: None)
        engine._workers[place] = _Worker(SimpleNamespace(pid=None), connection)
    engine.submit(job(1))
    engine.submit(job(2, alone=True))
    assert [[*worker.jobs] for worker in engine._workers] == [[1], [2]]
    assert (engine.free(), engine.free(alone=True)) == (1, 0)
    engine.submit(job(3))
    assert [[*worker.jobs] for worker in engine._workers] == [[1, 3], [2]]
    assert engine.free() == 0
    assert engine._events == [Started(1), Started(2)]
    assert engine._noted(engine._workers[0], Outcome(1, "done")) == [Outcome(1, "done"), Started(3)]
    engine._noted(engine._workers[1], Outcome(2, "done"))
    assert engine.free(alone=True) == 1


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network of transformers whose output does not depend on padding."""
    save = pytest.importorskip("tests.models.hugging_face.small_models").save
    return f"hf:{save(tmp_path_factory.mktemp('model'))}"


def in_batches(settings, folder, seconds, at_once):
    """Outcomes and events of a pipeline that gets the first recording, and the others while that is aligned."""
    worker = Worker(settings, "cpu", None, settings.digest(), seconds)
    one, event = pipeline(worker)
    items = list(open_collection(folder).entries())
    one.put(Job(0, items[0]))
    events = []
    while not (events and isinstance(events[-1], Outcome)):
        events.append(event())
    finish, held = worker.finish, threading.Event()

    def waiting(*given):
        held.wait(60)
        return finish(*given)

    worker.finish = waiting  # all others are read before the next one is aligned
    for number, item in enumerate(items[1:], 1):
        one.put(Job(number, item))
    outcomes = {}
    while len(outcomes) < len(items) - 1:
        found = event()
        events.append(found)
        if sum(isinstance(one, Begun) for one in events) == at_once:
            held.set()
        if isinstance(found, Outcome):
            outcomes[found.number] = found
    return outcomes, events


@pytest.mark.parametrize("name", ["builtin:en", "hf"])
def test_a_batch_gives_what_single_recordings_give(tmp_path, model, name):
    settings = CorpusSettings(model=model if name == "hf" else name)
    folder = excerpts(tmp_path / "talks", "abcdef")
    (folder / "f.wav").write_bytes(b"RIFF no sound")  # poison
    found, events = in_batches(settings, folder, 60.0, 6)
    # Which ones are joined depends on how fast they are read; the unreadable one never is.
    joined = [one.numbers for one in events if isinstance(one, Joined) and one.numbers]
    assert joined
    assert all(len(numbers) > 1 and set(numbers) <= {0, 1, 2, 3, 4} for numbers in joined)
    worker = Worker(settings, "cpu", None, settings.digest())
    for number, item in enumerate(open_collection(folder).entries()):
        if number == 0:
            continue
        alone = worker.work(Job(number, item))
        assert (found[number].status, found[number].reason) == (alone.status, alone.reason)
        if name == "builtin:en":  # computed without padding, length by length
            assert found[number].files == alone.files
        elif number < 5:  # within rounding
            assert found[number].summary == alone.summary
    assert found[5].status == "failed"


def test_a_batch_that_fails_is_computed_one_by_one(tmp_path, monkeypatch):
    def fails(*given):
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(room, "emissions_of_several", fails)
    monkeypatch.setattr(room, "ignores_padding", lambda *given: True)
    found, events = in_batches(SETTINGS, excerpts(tmp_path / "talks", "abcd"), 60.0, 4)
    assert any(isinstance(one, Joined) and len(one.numbers) > 1 for one in events)
    assert [outcome.status for outcome in found.values()] == ["done"] * 3


@pytest.mark.parametrize(
    ("device", "options", "seconds", "expected"),
    [
        ("cpu", {}, None, 0.0),
        ("cuda", {}, None, room.ON_A_GPU),
        ("cpu", {}, 30.0, 30.0),
        ("cuda", {"adapt": 1}, 30.0, 0.0),
    ],
)
def test_how_much_is_a_batch(monkeypatch, device, options, seconds, expected):
    monkeypatch.setattr(room, "device_of", lambda model, device: device)
    monkeypatch.setattr(room, "ignores_padding", lambda model, device: True)
    model = SimpleNamespace(sample_rate=16_000, frame_shift=0.02, context=1.0)
    batches = room.Batches(model, device, CorpusSettings(model="x", **options), seconds)
    assert batches.seconds == expected


def test_only_decoded_recordings_within_a_window_are_joined(monkeypatch):
    monkeypatch.setattr(room, "ignores_padding", lambda model, device: True)
    model = SimpleNamespace(sample_rate=16_000, frame_shift=0.02, context=1.0, takes_arrays=True)
    batches = room.Batches(model, "cpu", SETTINGS, 20.0)

    def of(seconds):
        blocks = None if seconds is None else [np.zeros((1, round(seconds * 16_000)), np.float32)]
        return SimpleNamespace(reader=SimpleNamespace(decoded=blocks))

    assert batches.fit([of(5.0), of(6.0)])
    assert not batches.fit([of(5.0), of(6.0), of(7.0)])  # with padding 21 seconds
    assert not batches.fit([of(5.0), of(None)])
    assert not batches.fit([of(0.2), of(5.0)])
    assert not room.Batches(model, "cpu", SETTINGS, 200.0).fit([of(5.0), of(60.0)])


def test_a_run_with_batches_gives_the_same(tmp_path):
    folder = excerpts(tmp_path / "talks", "abcdef")
    collection = open_collection(folder)
    for seconds in (None, 60.0):
        options = RunOptions(workers=1, batch_seconds=seconds)
        assert align_corpus(collection, tmp_path / str(seconds), SETTINGS, options)["done"] == 6
    assert results(tmp_path / "None") == results(tmp_path / "60.0")
