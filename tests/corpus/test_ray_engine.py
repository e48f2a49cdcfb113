"""The engine `ray` over a stand-in for Ray whose actors live in this process; test_ray.py needs Ray itself."""

from __future__ import annotations

import signal
import sys
import types
from importlib.machinery import ModuleSpec

import pytest

from ctcalign.corpus.engines import ray as room
from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.engines.ray import RayEngine
from ctcalign.corpus.inputs.opening import open_collection
from ctcalign.corpus.options import RunOptions
from ctcalign.corpus.run import align_corpus
from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work.outcome import Job, Opened, Started
from ctcalign.errors import CtcAlignError
from tests.corpus.collections import excerpts, results

SETTINGS = CorpusSettings(model="builtin:en", formats=("vtt",))


def plan(root, **options):
    return Plan(SETTINGS, SETTINGS.digest(), root, **options)


class RayError(Exception):
    """As that of Ray."""


class Answer:
    """A reference to the result of a call, which runs when it is waited for."""

    def __init__(self, actor, call):
        self.actor, self.call, self.done = actor, call, False

    def value(self):
        if self.actor.dead or self.actor.calls_left == 0:
            self.actor.dead = True
            raise RayError("The actor died unexpectedly.")
        self.actor.calls_left -= 1
        return self.call()


class Actor:
    """A handle of an object of a class. `calls_left`: after so many calls its node is lost."""

    def __init__(self, one, calls_left):
        self._one, self.calls_left, self.dead = one, calls_left, False

    def __getattr__(self, name):
        method = getattr(self._one, name)
        return types.SimpleNamespace(remote=lambda *given: Answer(self, lambda: method(*given)))


class Ray(types.ModuleType):
    """The part of Ray that the engine uses. `lives`: calls that each actor answers, in the order of their start."""

    exceptions = types.SimpleNamespace(RayError=RayError)

    def __init__(self, lives):
        super().__init__("ray")
        self.__spec__ = ModuleSpec("ray", None)
        self.lives, self.started, self.stopped, self.asked = list(lives), 0, False, []

    def is_initialized(self):
        return False

    def init(self, **options):
        self.asked.append(options["address"])
        if options["address"] == "nowhere":
            raise ConnectionError("no cluster there")

    def cluster_resources(self):
        return {"CPU": 3.0, "GPU": 2.0}

    def remote(self, kind):
        def start(*given):
            self.started += 1
            return Actor(kind(*given), self.lives.pop(0) if self.lives else 1000)

        return types.SimpleNamespace(options=lambda **options: types.SimpleNamespace(remote=start))

    def wait(self, answers, num_returns, timeout):
        return answers[:num_returns], answers[num_returns:]

    def get(self, answer):
        return answer.value()

    def kill(self, actor):
        actor.dead = True

    def shutdown(self):
        self.stopped = True


@pytest.fixture
def stand_in(monkeypatch):
    def put(*lives):
        ray = Ray(lives)
        monkeypatch.setitem(sys.modules, "ray", ray)
        return ray

    return put


def test_lost_actors_cost_attempts_and_nothing_else(stand_in, tmp_path):
    talks = excerpts(tmp_path / "talks", "abc")
    collection = open_collection(talks)
    assert align_corpus(collection, tmp_path / "local", SETTINGS, RunOptions(workers=1))["done"] == 3
    ray = stand_in(2, 1, 0)  # lost after one recording, before the first one, and before it has started
    options = RunOptions(engine="ray", workers=2)
    report = align_corpus(collection, tmp_path / "ray", SETTINGS, options)
    assert (report["done"], report["failed"], report["left"]) == (3, 0, 0)
    assert results(tmp_path / "ray") == results(tmp_path / "local")
    assert ray.started > 3
    assert ray.stopped


@pytest.mark.parametrize(("devices", "count"), [(("auto",), 3), (("cuda",), 2)])
def test_as_many_actors_as_the_cluster_has_room_for(stand_in, tmp_path, devices, count):
    ray = stand_in()
    engine = RayEngine(plan(tmp_path, devices=devices), None, None)
    assert ray.started == count
    assert engine.free() == count
    engine.close()


def test_a_slow_job_is_stopped_and_durations_are_told(stand_in, tmp_path, monkeypatch):
    stand_in()
    monkeypatch.setattr(room, "LOOK", 0.0)
    engine = RayEngine(plan(tmp_path), 1, None)
    assert engine.free() == 1
    engine.submit(Job(7, next(open_collection(excerpts(tmp_path / "talks", "a")).entries())))
    assert engine.free() == 0
    [slot] = engine._slots
    monkeypatch.setattr(engine, "_ready", lambda answers, seconds: [one for one in answers if one is slot.asked])
    slot.actor._one._opened = Opened(3, 10.0)  # of a job that has ended
    assert [engine.wait(0.0) for _ in range(2)] == [[Started(7)], []]
    slot.actor._one._opened = Opened(7, 60.0)
    assert [engine.wait(0.0) for _ in range(3)] == [[Opened(7, 60.0)], [], []]
    monkeypatch.undo()
    engine.stop(7)
    assert [event.status for event in engine.wait(0.0)] == ["stopped"]
    assert engine.free() == 1


def test_actors_that_never_start_end_the_run(stand_in, tmp_path):
    ray = stand_in(*[0] * 100)
    engine = RayEngine(plan(tmp_path), 1, None)
    with pytest.raises(CtcAlignError, match="actors in a row could not be started"):
        [engine.free() for _ in range(100)]
    assert ray.started == room.MOST_FAILED


def test_many_actors_that_are_lost_with_their_machine_do_not(stand_in, tmp_path):
    ray = stand_in(*[0] * 30)
    engine = RayEngine(plan(tmp_path), 30, None)
    assert engine.free() == 0
    assert engine.free() == 30
    assert ray.started == 60


def test_a_machine_with_another_version_ends_the_run(stand_in, tmp_path):
    stand_in()
    engine = RayEngine(Plan(SETTINGS, "digest of another version", tmp_path), 1, None)
    with pytest.raises(CtcAlignError, match=r"has another version of ctcalign .* expected those of this machine"):
        engine.free()


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:9"])  # Ray says no; nobody listens
def test_a_cluster_that_is_not_there_is_one_line(stand_in, tmp_path, address):
    ray = stand_in()
    with pytest.raises(CtcAlignError, match=rf"^ray: cannot be reached at {address} \(") as caught:
        RayEngine(plan(tmp_path), 1, address)
    assert "see `ray status`" in str(caught.value)
    assert ray.asked == ["nowhere"][: address == "nowhere"]


@pytest.mark.parametrize(
    ("given", "named", "expected"), [(None, None, "local"), (None, "auto", "auto"), ("x", "auto", "x")]
)
def test_which_cluster_is_asked(stand_in, tmp_path, monkeypatch, given, named, expected):
    ray = stand_in()
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if named is not None:
        monkeypatch.setenv("RAY_ADDRESS", named)
    RayEngine(plan(tmp_path), 1, given)
    assert ray.asked == [expected]


@pytest.mark.parametrize("failures", [room.TRIES - 1, room.TRIES])
def test_a_ray_that_does_not_start_at_once_is_started_again(stand_in, tmp_path, monkeypatch, failures):
    ray = stand_in()
    calls = []

    def init(**options):
        calls.append(options)
        if len(calls) <= failures:
            raise RuntimeError("The current node timed out during startup.\nMore")

    monkeypatch.setattr(ray, "init", init)
    if failures < room.TRIES:
        assert RayEngine(plan(tmp_path), 1, None).free() == 1
    else:
        with pytest.raises(CtcAlignError, match=r"^ray: cannot be started here \(The current .* startup\.\); is"):
            RayEngine(plan(tmp_path), 1, None)
    assert len(calls) == room.TRIES


def test_handlers_of_signals_stay(stand_in, tmp_path, monkeypatch):
    ray = stand_in()
    monkeypatch.setattr(ray, "init", lambda **options: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        own = signal.getsignal(signal.SIGTERM)
        RayEngine(plan(tmp_path), 1, None)
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
