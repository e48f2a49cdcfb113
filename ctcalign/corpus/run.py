"""`align_corpus`: every recording of a collection into one folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ctcalign.corpus.dispatch import Dispatcher, in_shard
from ctcalign.corpus.engines.choice import make_engine
from ctcalign.corpus.engines.protocol import Plan
from ctcalign.corpus.folder.about import prepare
from ctcalign.corpus.folder.finishing import finish
from ctcalign.corpus.folder.log import Log
from ctcalign.corpus.folder.records import Records
from ctcalign.corpus.folder.shards import note_shard
from ctcalign.corpus.item import Collection
from ctcalign.corpus.layout import LOG
from ctcalign.corpus.options import RunOptions
from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.state import State, Watch, unwatched
from ctcalign.corpus.workers import workers_and_threads
from ctcalign.files.lock import locked


def align_corpus(
    collection: Collection,
    output: Path,
    settings: CorpusSettings,
    options: RunOptions | None = None,
    *,
    watch: Watch = unwatched,
    stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Align the recordings of a collection. What an earlier run has done and has not changed is not done again.

    Args:
        collection: of `open_collection`.
        output: folder; it receives `alignments/ID.json` and other formats, `cuts.jsonl.gz`, `report.json`,
            `log.jsonl`, `failed/ID.txt` and `records/`.
        settings: what decides the results.
        options: how the corpus is worked on.
        watch: called again and again with the state of the run.
        stop: asked often; when it is true, the recordings that are being aligned are finished and the run ends.
        note: called with lines for the user.
    Returns:
        The report; of a shard the counts of this run alone.
    Raises:
        UsageError: the folder holds something else, or another process works in it.
        OutputError: an output cannot be written. What is done stays done.
        CtcAlignError: no recording can be aligned: the model cannot be loaded, or all workers end.
    """
    options = options or RunOptions()
    digest = settings.digest()
    shard = options.shard
    if prepare(output, settings, digest):
        note("other settings, model or version than in the last run: its recordings are aligned again")
    name = "" if shard.whole else f".{shard.number}-of-{shard.count}"
    with ExitStack() as stack:
        stack.enter_context(locked(output, work="align-corpus", shared=not shard.whole))
        if name:
            work = f"align-corpus --shard {shard.number}/{shard.count}"
            stack.enter_context(locked(output, f".lock{name}", work=work))
        log = stack.enter_context(Log(output / LOG.replace(".jsonl", f"{name}.jsonl")))
        count = collection.count
        state = State(None if count is None else shard.size(count))
        plan = plan_of(settings, digest, output, options)
        log.add("start", collection=str(collection.path), kind=collection.kind, total=state.total, workers=plan.workers)
        engine = make_engine(plan, options)
        try:
            dispatcher = Dispatcher(
                in_shard(collection.entries(), options), engine, Records(output, digest), log, options, state, stop
            )
            complete = dispatcher.run(watch)
        finally:
            engine.close()
        log.add("end" if complete else "stopped", done=state.done, failed=state.failed, before=state.before)
        left = 0 if complete else state.left
        if shard.whole:
            report = finish(output, dispatcher.ids if complete else None, left)
        else:
            note_shard(output, shard, complete)
            report = {"done": state.done + state.before, "failed": state.failed, "left": left}
            report["failures"] = dispatcher.failures
        return report


def plan_of(settings: CorpusSettings, digest: str, output: Path, options: RunOptions) -> Plan:
    """How the engine sets its workers up."""
    workers, threads = workers_and_threads(options.workers, options.devices, options.engine)
    return Plan(settings, digest, output.absolute(), workers, options.devices, threads, options.batch_seconds)
