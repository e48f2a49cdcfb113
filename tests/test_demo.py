"""The bundled talk: accuracy and outputs of `make demo`, and consistency of its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile as sf
from click.testing import CliRunner

from ctcalign.cli import commands
from egs.demo.local import check_talk

DEMO = Path(__file__).parents[1] / "egs" / "demo"

TRUTH = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Output folder and printed text of the command of `make demo`."""
    place = tmp_path_factory.mktemp("demo")
    names = [place / f"talk.{extension}" for extension in ("json", "srt", "vtt", "TextGrid", "ctm")]
    call = ["align", str(DEMO / "talk.ogg"), str(DEMO / "talk.srt"), "--table"]
    for name in names:
        call += ["-o", str(name)]
    result = CliRunner().invoke(commands, call, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return place, result


def test_captions_and_words_are_placed_accurately(results):
    place, _ = results
    found = check_talk.errors(TRUTH, json.loads((place / "talk.json").read_text(encoding="utf-8")))
    # The given times are 3 s off on average. 161 words have a true time, accurate to about 0.05 s.
    assert min(abs(x) for x in found["given start"][-5:]) > 1.5
    assert max(map(abs, found["caption start"])) < 0.2
    assert max(map(abs, found["caption end"])) < 0.25
    words = sorted(map(abs, found["word start"]))
    assert len(words) == 161
    assert words[int(0.9 * len(words))] < 0.15


def test_every_output_is_written_and_has_every_caption(results):
    place, result = results
    assert sorted(path.name for path in place.iterdir()) == [
        "talk.TextGrid",
        "talk.ctm",
        "talk.json",
        "talk.srt",
        "talk.vtt",
    ]
    captions = (place / "talk.srt").read_text(encoding="utf-8")
    for row in TRUTH["cues"]:
        assert row["text"] in captions
    assert all(row["text"][:20] in result.stdout for row in TRUTH["cues"])


def test_the_files_of_the_talk_agree():
    info = sf.info(DEMO / "talk.ogg")
    assert info.duration == pytest.approx(TRUTH["duration"], abs=1e-3)
    texts = [row["text"] for row in TRUTH["cues"]]
    assert (DEMO / "talk.txt").read_text(encoding="utf-8").splitlines() == texts
    assert [block.splitlines()[2] for block in (DEMO / "talk.srt").read_text(encoding="utf-8").split("\n\n")] == texts
    script = json.loads((DEMO / "script.json").read_text(encoding="utf-8"))
    assert [line["caption"] for line in script["lines"]] == texts
    assert (DEMO / "talk.ogg").stat().st_size < 1_500_000


def test_the_check_reports_misplaced_and_missing_captions():
    cues = [{"index": row["index"], "start": row["start"], "end": row["end"], "words": []} for row in TRUTH["cues"]]
    cues[1]["start"] += 0.5
    del cues[2]
    found = check_talk.errors(TRUTH, {"cues": cues})
    assert found["caption start"][:2] == [pytest.approx(0.5), float("inf")]
    assert found["caption end"][0] == 0
