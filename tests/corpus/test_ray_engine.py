"""The engine `ray` over a stand-in for Ray whose actors live in this process; test_ray.py needs Ray itself."""

from __future__ import annotations

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
from ctcalign.corpus.work.outcome import Job, Opened
from ctcalign.errors import CtcAlignError
from tests.corpus.collections import excerpts, results

SETTINGS = CorpusSettings(model="builtin:en", formats=("vtt",))


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


class Queue:
    def __init__(self, actor_options):
        self.rows = []

    def put_nowait(self, row):
        self.rows.append(row)

    def qsize(self):
        return len(self.rows)

    def get_nowait_batch(self, count):
        taken, self.rows = self.rows[:count], self.rows[count:]
        return taken


class Ray(types.ModuleType):
    """The part of Ray that the engine uses. `lives`: calls that each actor answers, in the order of their start."""

    exceptions = types.SimpleNamespace(RayError=RayError)

    def __init__(self, lives):
        super().__init__("ray")
        self.__spec__ = ModuleSpec("ray", None)
        self.lives, self.started, self.stopped = list(lives), 0, False

    def is_initialized(self):
        return False

    def init(self, **options):
        if options["address"] == "nowhere:1":
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

    def get_runtime_context(self):
        return types.SimpleNamespace(get_node_id=lambda: "here")


@pytest.fixture
def stand_in(monkeypatch):
    def put(*lives):
        ray = Ray(lives)
        monkeypatch.setitem(sys.modules, "ray", ray)
        strategy = types.SimpleNamespace(NodeAffinitySchedulingStrategy=lambda node, soft: node)
        monkeypatch.setitem(sys.modules, "ray.util.scheduling_strategies", strategy)
        monkeypatch.setitem(sys.modules, "ray.util.queue", types.SimpleNamespace(Queue=Queue))
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
    engine = RayEngine(Plan(SETTINGS, "", tmp_path, devices=devices), None, None)
    assert ray.started == count
    assert engine.free() == count
    engine.close()


def test_a_slow_job_is_stopped_and_durations_are_told(stand_in, tmp_path, monkeypatch):
    stand_in()
    monkeypatch.setattr(room, "LOOK", 0.0)
    engine = RayEngine(Plan(SETTINGS, "", tmp_path), 1, None)
    assert engine.free() == 1
    job = Job(7, open_collection(excerpts(tmp_path / "talks", "a")).entries().__next__())
    engine.submit(job)
    assert engine.free() == 0
    engine._told.put_nowait(Opened(7, 60.0))
    engine._told.put_nowait(Opened(3, 10.0))  # of a job that has ended
    engine.stop(7)
    found = engine.wait(0.0)
    assert [event.status for event in found if not isinstance(event, Opened)] == ["stopped"]
    assert Opened(3, 10.0) not in found
    assert engine.free() == 1


def test_actors_that_never_start_end_the_run(stand_in, tmp_path):
    ray = stand_in(*[0] * 100)
    engine = RayEngine(Plan(SETTINGS, "", tmp_path), 1, None)
    with pytest.raises(CtcAlignError, match="actors in a row could not be started"):
        [engine.free() for _ in range(100)]
    assert ray.started == room.MOST_FAILED


def test_a_cluster_that_is_not_there_is_one_line(stand_in, tmp_path):
    stand_in()
    with pytest.raises(CtcAlignError, match=r"ray: cannot be reached at nowhere:1 \(no cluster there\)"):
        RayEngine(Plan(SETTINGS, "", tmp_path), 1, "nowhere:1")
