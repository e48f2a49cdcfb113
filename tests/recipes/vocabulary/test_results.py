"""Tables of the curves of trainings with new symbols."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from egs.read_de.vocabulary.local.prepare import in_georgian, parts_of
from recipes.vocabulary.results import main, updates_until


def test_updates_until_a_rate_is_reached() -> None:
    curve = [(10, 0.9), (20, 0.5), (30, 0.6)]
    assert updates_until(curve, 0.9) == "10"
    assert updates_until(curve, 0.55) == "20"
    assert updates_until(curve, 0.4) == "> 30"


def test_a_page_of_two_runs(tmp_path: Path) -> None:
    for rows, curve in (("random", [[10, 1.0], [20, 0.9]]), ("carried", [[10, 0.6], [20, 0.45]])):
        (tmp_path / rows).mkdir()
        run = {"symbols": "letters", "rows": rows, "seed": 1, "curve": curve}
        (tmp_path / rows / "curve.json").write_text(json.dumps(run))
    out = tmp_path / "RESULTS.md"
    main(["--runs", str(tmp_path), "--title", "T", "--command", "c", "--rates", "0.9", "0.5", "--out", str(out)])
    page = out.read_text()
    assert "| letters | random | 1 | 100.0 | 90.0 |" in page
    assert "| letters | random | 1 | 20 | > 20 |" in page
    assert "| letters | carried | 1 | 10 | 20 |" in page
    with pytest.raises(SystemExit, match="has no finished run"):
        main(["--runs", str(out.parent / "random" / "x"), "--title", "T", "--command", "c", "--out", str(out)])


def test_texts_of_dev_are_not_in_train() -> None:
    rows = [{"text": f"text {number % 5}", "path": str(number)} for number in range(20)]
    parts = parts_of(rows, 3)
    assert len(parts["train"]) + len(parts["dev"]) == 20
    assert {row["text"] for row in parts["dev"]} == {"text 2"}
    table = in_georgian(["ab c", "ba"])
    assert "abc ab".translate(table) == "\u10d0\u10d1\u10d2 \u10d0\u10d1"
    with pytest.raises(SystemExit, match="the texts have 40 characters"):
        in_georgian(["".join(chr(200 + number) for number in range(40))])
