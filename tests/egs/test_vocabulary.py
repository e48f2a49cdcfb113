"""The recipe with new symbols, from end to end on a tiny scale."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.egs.corpora import make_read
from tests.egs.recipe import ROOT, run_recipe


@pytest.mark.slow
def test_from_recordings_to_results(tmp_path: Path) -> None:
    make_read(tmp_path, ["eins zwei", "fünf", "drei", "acht neun"], {"train": ["a", "b"]})
    config = yaml.safe_load((ROOT / "egs/read_de/vocabulary/conf/fit.yaml").read_text(encoding="utf-8"))
    config["trainer"] |= {"val_check_interval": 1, "accelerator": "cpu"}
    (tmp_path / "fit.yaml").write_text(yaml.safe_dump(config))
    run_recipe(
        "read_de/vocabulary", "--corpus", tmp_path, "--exp", tmp_path / "exp", "--config", tmp_path / "fit.yaml",
        "--every", 3, "--pieces", 20, "--updates", 1, "--random-updates", 1, "--arms", "pieces-random georgian-aligned",
        "--results", tmp_path / "RESULTS.md",
    )  # fmt: skip
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| pieces | random | 1 |" in page
    assert "| georgian | aligned | 1 |" in page
