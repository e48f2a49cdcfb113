"""The stages of tools/bench/end_to_end.py: their functions exist, and each of them is entered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TALK = ROOT / "egs" / "demo"


@pytest.mark.parametrize("model", ["builtin:en", "builtin:en-robust"])
def test_every_stage_takes_time(tmp_path: Path, model: str) -> None:
    call = [sys.executable, str(ROOT / "tools" / "bench" / "stages.py"), str(tmp_path / "stages.json")]
    call += [str(TALK / "talk.ogg"), str(TALK / "talk.srt"), "--model", model, "-q", "-o", str(tmp_path / "talk.json")]
    subprocess.run(call, check=True, capture_output=True, timeout=300)
    found = json.loads((tmp_path / "stages.json").read_text(encoding="utf-8"))
    stages = ("start-up", "decode", "features", "network", "captions", "search", "placing", "confidence", "output")
    assert {stage for stage in stages if found.get(stage, 0.0) > 0} == set(stages)
