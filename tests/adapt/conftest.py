"""A tiny recogniser and a corpus, made once."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.adapt import talks


class Corpus(NamedTuple):
    """`folder`: recordings and captions.  `model`: name of the recogniser.  `held_out`: transcribed utterances."""

    folder: Path
    model: str
    held_out: Path


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Corpus:
    root = tmp_path_factory.mktemp("adapt")
    for number in range(2):
        talks.talk(root / "corpus", f"talk{number}", number)
    return Corpus(root / "corpus", talks.tiny_model(root / "start"), talks.held_out(root / "held", "speaker", 99))
