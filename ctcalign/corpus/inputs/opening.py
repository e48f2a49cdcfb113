"""What a user names as a collection, recognised by its content."""

from __future__ import annotations

from pathlib import Path

from ctcalign.aligner.corpus import MANIFESTS as PAIRS
from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.corpus.inputs import kaldi, lhotse, pairs, shar
from ctcalign.corpus.inputs.rows import MANIFESTS, first_row
from ctcalign.corpus.item import Collection
from ctcalign.errors import UsageError
from ctcalign.formats.datasets.lhotse import is_lhotse

EXPECTED = (
    "expected a folder with recordings and captions, a manifest of pairs (.tsv, .jsonl), a Kaldi data directory, or "
    "cuts, recordings with supervisions or a Shar folder of lhotse"
)


def open_collection(given: Path, captions: Path | None = None, trust: Trust = NO_TRUST) -> Collection:
    """The recordings of a collection with their captions; sound is not opened.

    Args:
        given: a folder of pairs, a manifest of pairs, a Kaldi data directory, or a manifest or Shar folder of lhotse.
        captions: a folder or file with the captions, or the supervisions of a manifest of recordings.
        trust: whether shell commands are run and addresses opened.
    Raises:
        UsageError: it does not exist, is of another kind, or cannot be read.
    """
    for name, path in (("input", given), ("captions", captions)):
        if path is not None and not path.exists():
            raise UsageError(f"{name}: {path}: no such file or folder")
    if given.is_dir():
        return _folder(given, captions, trust)
    if captions is not None:
        if given.name.lower().endswith(MANIFESTS) and lhotse.is_recording(first_row(given)):
            return lhotse.of_recordings(given, captions, trust)
        return pairs.of_files(given, captions)
    if given.name.lower().endswith(MANIFESTS):
        row = first_row(given)
        if "audio" in row and "captions" in row:
            return pairs.of_manifest(given, trust)
        if lhotse.is_recording(row):
            raise UsageError(f"captions: none given for the recordings of {given}; give a manifest of supervisions")
        if is_lhotse(row):
            return lhotse.of_cuts(given, trust)
    elif given.suffix.lower() in PAIRS:
        return pairs.of_manifest(given, trust)
    raise UsageError(f"input: {given}: {EXPECTED}")


def _folder(given: Path, captions: Path | None, trust: Trust) -> Collection:
    if captions is not None:
        return pairs.of_files(given, captions)
    if kaldi.is_kaldi(given):
        return kaldi.of_kaldi(given, trust)
    if shar.is_shar(given):
        return shar.of_shar(given, trust)
    manifests = lhotse.manifests_in(given)
    if manifests is not None:
        return lhotse.of_recordings(*manifests, trust)
    return pairs.of_files(given, given)
