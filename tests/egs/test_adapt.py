"""The recipes of adaptation: on corpora of tones laid out like the real ones, from the recordings to the table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from recipes.adapt import references
from tests.adapt import talks
from tests.adapt.talks import PITCH, RATE
from tests.egs.corpora import make_digits, make_read
from tests.egs.recipe import run_recipe

QUICK = ("--device", "cpu", "--seeds", "1", "--methods", "adapt", "--passes", 1, "--updates", 2)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return talks.tiny_model(tmp_path_factory.mktemp("start"))


def programme(root: Path, part: str, name: str, seed: int) -> list[tuple[float, float, str]]:
    """A recording and its subtitles, the recordings of a part in one folder and the subtitles in another."""
    truth = talks.talk(root / "made", name, seed, cues=24)
    for kind, suffix in (("audio", "wav"), ("subtitles", "srt")):
        (root / part / kind).mkdir(parents=True, exist_ok=True)
        (root / "made" / f"{name}.{suffix}").rename(root / part / kind / f"{name}.{suffix}")
    return truth


def stm(folder: Path, name: str, recordings: dict[str, list[tuple[float, float, str]]]) -> None:
    lines = [";; LABEL unknown"]
    for recording, rows in recordings.items():
        lines += [f"{recording} 1 spk {start:.3f} {end:.3f} <o,f0,unknown> {text}" for start, end, text in rows]
        lines.append(
            f"{recording} 1 excluded_region {rows[-1][1]:.3f} {rows[-1][1] + 1:.3f} ignore_time_segment_in_scoring"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.stm").write_text("\n".join(lines) + "\n", encoding="utf-8")


def common_voice(root: Path, parts: dict[str, int]) -> None:
    """train.tsv, dev.tsv, test.tsv and clips, in the layout of Common Voice."""
    (root / "clips").mkdir(parents=True)
    for number, (part, count) in enumerate(parts.items()):
        clips = talks.held_out(root / "made", part, number, count=count, pitch=PITCH)
        lines = ["client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale\tsegment"]
        for place, row in enumerate(map(json.loads, clips.read_text(encoding="utf-8").splitlines())):
            samples, _ = sf.read(clips.parent / row["path"], dtype="float32")
            name = f"common_voice_es_{number}{place:03d}.mp3"
            sf.write(root / "clips" / name, samples, RATE, format="MP3")
            lines.append(f'{part}{place % 3}\t{name}\t"{row["text"]}\t2\t0\t\t\t\tes\t')  # a quotation mark is text
        (root / f"{part}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_references_of_stm_files(tmp_path, capsys):
    truth = programme(tmp_path, "dev", "news", 1)
    stm(tmp_path / "dev" / "stm", "all", {"NEWS": truth, "gone": truth[:2]})
    references.main(
        [
            "stm",
            "--stm",
            str(tmp_path / "dev/stm"),
            "--audio",
            str(tmp_path / "dev/audio"),
            "--out",
            str(tmp_path / "out"),
        ]
    )
    found = json.loads((tmp_path / "out" / "NEWS" / "truth.json").read_text(encoding="utf-8"))
    assert Path(found["audio"]) == tmp_path / "dev" / "audio" / "news.wav"
    assert [one["text"] for one in found["utterances"]] == [text for _, _, text in truth]
    assert found["utterances"][1]["start"] == pytest.approx(truth[1][0], abs=1e-3)
    assert "1 recordings, 1 without sound ['gone']" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="none of 2 recordings in 1 STM files has a sound file below"):
        references.main(["stm", "--stm", str(tmp_path / "dev/stm"), "--audio", str(tmp_path / "out"), "--out", "x"])


def test_tables_of_common_voice(tmp_path):
    common_voice(tmp_path / "es", {"train": 6})
    options = ["common-voice", "--table", str(tmp_path / "es" / "train.tsv"), "--out", str(tmp_path / "train.jsonl")]
    references.main(options)
    rows = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 6
    assert {row["speaker"] for row in rows} == {"train0", "train1", "train2"}
    assert all(Path(row["path"]).is_file() and row["text"].startswith('"') for row in rows)
    references.main([*options, "--hours", str(2 / 3600)])
    assert 1 <= len((tmp_path / "train.jsonl").read_text(encoding="utf-8").splitlines()) < 6
    (tmp_path / "es" / "train.tsv").write_text("path\tsentence\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"train\.tsv: has no column client_id"):
        references.main(options)


@pytest.mark.slow
def test_television_with_subtitles_and_stm_references(model, tmp_path):
    root = tmp_path / "rtve"
    for number in range(2):
        programme(root, "train", f"show{number}", number)
    for part, seed in (("dev", 11), ("test", 12)):
        stm(root / part / "stm", "references", {f"{part}1": programme(root, part, f"{part}1", seed)})
    common_voice(tmp_path / "es", {"train": 6, "dev": 4})
    options = ("--rtve", root, "--common-voice", tmp_path / "es", "--exp", tmp_path / "exp", "--model", model, *QUICK)
    run_recipe("rtve2022/adapt", *options, "--results", tmp_path / "RESULTS.md")
    row = json.loads((tmp_path / "exp" / "runs" / "adapt-s1.json").read_text(encoding="utf-8"))
    assert set(row["start"]) == {"target", "test", "source", "source_test"}
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| `ctcalign adapt` | 1 |" in page
    assert "23.45 %" in page


def test_data_of_common_voice(tmp_path):
    common_voice(tmp_path / "es", {"train": 12, "dev": 4, "test": 3})
    options = ("--common-voice", tmp_path / "es", "--exp", tmp_path / "exp", "--minutes", 0.2, "--stop-stage", 0)
    run_recipe("commonvoice_es/adapt", *options)
    assert len(list((tmp_path / "exp" / "corpus" / "talks").iterdir())) >= 2
    assert (tmp_path / "exp" / "corpus" / "captions" / "talk1.srt").is_file()
    parts = {
        part: (tmp_path / "exp" / "data" / f"{part}.jsonl").read_text(encoding="utf-8") for part in ("dev", "test")
    }
    assert {part: len(text.splitlines()) for part, text in parts.items()} == {"dev": 4, "test": 3}


def test_data_of_recordings_in_a_bad_sound(tmp_path):
    root = tmp_path / "dev"
    for number, name in enumerate(("one", "two", "three")):
        truth = talks.talk(root / name, "talk", number, cues=4)
        utterances = [{"start": start, "end": end, "text": text} for start, end, text in truth]
        about = {"format": "ctcalign-truth/1", "audio": "talk.wav", "utterances": utterances}
        (root / name / "truth.json").write_text(json.dumps(about), encoding="utf-8")
        (root / name / "captions").mkdir()
        (root / name / "talk.srt").rename(root / name / "captions" / "exact.srt")
        key = root / name / "captions" / "exact.key.json"
        key.write_text(json.dumps({"format": "ctcalign-truth/1", "cues": utterances}), encoding="utf-8")
    for folder in ("noise", "rir"):
        (root / folder).mkdir()
        sf.write(root / folder / "a.flac", np.random.default_rng(0).normal(0, 0.1, RATE), RATE)
    options = ("--corpus", root, "--exp", tmp_path / "exp", "--train", "one", "--held-out", "two", "--test", "three")
    run_recipe("noisy_captions/adapt", *options, "--sound", "noise10", "--stop-stage", 0)
    assert (tmp_path / "exp" / "corpus" / "talks" / "talk0.flac").is_file()
    sounds = sorted(path.parent.name for path in (tmp_path / "exp" / "sounds").glob("*/truth.json"))
    assert sounds == ["one+noise10", "three+noise10", "two+noise10"]


def test_data_of_digits_and_of_read_speech(tmp_path):
    make_digits(tmp_path / "dev", {"train": [0, 1, 2, 35], "test": [3]})
    texts = ["one two", "six seven", "eight nine"]
    make_read(tmp_path / "read_en", texts, {"train": ["ann", "bob", "cat"], "dev": ["dan"]})
    options = ("--exp", tmp_path / "exp", "--stop-stage", 0, "--utterances", 4)
    run_recipe("digits/adapt", "--corpus", tmp_path / "dev", "--source-corpus", tmp_path / "read_en", *options,
               "--strings", "6 3 4")  # fmt: skip
    assert sorted(one.name for one in (tmp_path / "exp").iterdir()) == ["corpus", "data", "source"]
    assert (tmp_path / "exp" / "corpus" / "captions" / "talk0.srt").is_file()
