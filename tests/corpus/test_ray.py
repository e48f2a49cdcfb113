"""The engine `ray`: the bytes of the engine `local`, and a node that is lost in the middle of a run."""

from __future__ import annotations

import pytest

from ctcalign.audio.cut_sources import Trust
from ctcalign.corpus.inputs.opening import open_collection
from ctcalign.corpus.options import RunOptions
from ctcalign.corpus.run import align_corpus
from ctcalign.corpus.settings import CorpusSettings
from tests.corpus.collections import excerpts, kaldi, results

ray = pytest.importorskip("ray", reason="ray is not installed: pip install '.[ray]'")

SETTINGS = CorpusSettings(model="builtin:en", formats=("vtt",))


@pytest.fixture
def data(tmp_path):
    talks = excerpts(tmp_path / "talks", "abcd")
    return kaldi(tmp_path / "data", {name: f"sleep 0.2; cat {talks / name}.wav |" for name in "abcd"})


def align(data, output, watch=lambda state: None, **options):
    given = RunOptions(trust=Trust(commands=True), **options)
    return align_corpus(open_collection(data, None, given.trust), output, SETTINGS, given, watch=watch)


def test_a_node_is_lost_and_nothing_else(data, tmp_path):
    from ray.cluster_utils import Cluster

    assert align(data, tmp_path / "local", workers=1)["done"] == 4
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    lost = []
    try:
        node = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()

        def watch(state):
            if state.done and not lost:
                lost.append(state.done)
                cluster.remove_node(node, allow_graceful=False)

        report = align(data, tmp_path / "ray", watch, engine="ray", address=cluster.address, workers=2)
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert lost != []
    assert (report["done"], report["failed"], report["left"]) == (4, 0, 0)
    assert results(tmp_path / "ray") == results(tmp_path / "local")
