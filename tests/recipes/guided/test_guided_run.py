"""The recipe of guided decoding, with models whose errors are known."""

from __future__ import annotations

import pytest

from ctcalign.train.data.cuts import open_cuts, text_of_cut
from recipes.guided import run
from tests.train.evaluation.test_guided import Speller
from tests.train.tones import make_cuts


def test_the_page_has_the_rows_of_each_domain(tmp_path, monkeypatch):
    paths = {part: make_cuts(tmp_path / part, 6, seed) for seed, part in enumerate(run.PARTS)}
    cuts = [cut for path in paths.values() for cut in open_cuts("cuts", str(path))]
    models = {"big": Speller(cuts, 0.4), "base": Speller(cuts, 0.45), "adapted": Speller(cuts, 0.9)}
    for name, model in models.items():
        model.name = name
    monkeypatch.setattr(run, "load_model", lambda name, device: models[name])
    calls = []
    monkeypatch.setattr(Speller, "__call__", counted(Speller.__call__, calls))
    page = tmp_path / "RESULTS.md"
    files = [str(paths[part]) for part in run.PARTS]
    models_of = ["--model", "big", "--guide-base", "base", "--weights", "0.1", "0.5", "--beam", "4"]
    arguments = ["--domain", "tones", *files, "adapted", *models_of, "--exp", str(tmp_path / "exp"), "--out", str(page)]
    run.main(arguments)
    written = page.read_text()
    run.main(arguments)
    assert page.read_text() == written
    assert len(calls) == 3 * len(cuts)  # each model once for each cut
    words = [word for cut in open_cuts("cuts", files[1]) for word in (text_of_cut(cut) or "").split()]
    wrong = f"{100 * sum('d' in word for word in words) / len(words):.2f}"
    table = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.read_text().splitlines() if "|" in line
    ]
    rates = {(row[0].strip("*"), row[1].strip("*")): row[3].strip("*") for row in table[2:11]}
    assert rates == {
        ("big alone", ""): wrong,
        ("guided by the adapted model", "0.1"): wrong,
        ("guided by the adapted model", "0.5"): "0.00",
        ("guided by adapted minus unadapted", "0.1"): wrong,
        ("guided by adapted minus unadapted", "0.5"): "0.00",
        ("guided by the unadapted model", "0.1"): wrong,
        ("guided by the unadapted model", "0.5"): wrong,
        ("base alone", ""): wrong,
        ("the adapted model alone", ""): "0.00",
    }
    assert [row[1] for row in table[2:11] if row[0].startswith("**")] == ["**0.5**", "**0.5**", "**0.1**"]
    assert table[3][4].startswith("+0.0 %")
    assert table[4][4].startswith("**-100.0 %")
    assert [row[0] for row in table[13:]] == ["the adapted model alone", "guided by the unadapted model"]
    assert table[14][1].startswith("-100.0 %")


def counted(function, calls):
    def call(self, waveform, lengths):
        calls.append(self.name)
        return function(self, waveform, lengths)

    return call


def test_a_domain_needs_four_values(capsys):
    with pytest.raises(SystemExit):
        run.main(["--domain", "tones", "dev", "--exp", "exp", "--out", "page.md"])
    assert "--domain: expected 4 arguments" in capsys.readouterr().err
