"""Verdicts and tables of a noisy-captions grid, on synthetic scores."""

from __future__ import annotations

from recipes.noisy.tables import Scores, percent, recordings_table, sounds_table, within_table
from recipes.noisy.verdicts import order, reached, same_texts, verdicts


def synthetic(within: dict[tuple[str, str], int]) -> Scores:
    """Scores of rows of ten cues; three of variant "words" are not spoken as written."""
    rows = []
    for (variant, method), count in within.items():
        found = {"spoken": 10, "within": count / 10, "within_count": count, "unspoken": 0, "skip_recall": None}
        about = {"variant": variant, "method": method, "inexact": 3 if variant == "words" else 0, "uncaptioned": 0}
        rows.append({**about, "speech": found, "tolerant": found, "failures": []})
    methods = list(dict.fromkeys(method for _, method in within))
    return Scores(
        {
            "recordings": ["talk"],
            "methods": methods,
            "rows": rows,
            "cells": [{**row, "recording": "talk"} for row in rows],
            "grid": [{"method": m, "failures": ["talk words: died"] if m == "torchaudio" else []} for m in methods],
        }
    )


def test_verdicts_name_every_row_that_is_worse():
    found = {("exact", "global"): 10, ("exact", "ipfa"): 10, ("words", "global"): 7, ("words", "ipfa"): 8}
    scores = synthetic(found)
    line = order(scores, "global", ["ipfa"], "speech")
    assert "`ipfa` (speech): no.** In 0 of 1 noisy rows and in 1 of all 2." in line
    assert line.endswith(" words *: 7 against 8 of 10 by `ipfa`.")
    assert order(scores, "ipfa", ["global"], "speech").endswith(": yes.** In 1 of 1 noisy rows and in 2 of all 2.")
    assert within_table(scores, "speech")[2:4] == [
        "| exact | 10 | **100.0** | **100.0** |",
        "| words * | 10 | 70.0 | **80.0** |",
    ]
    # One sentence where the bounds make no difference, two where they do.
    assert sum("at least as good" in line for line in verdicts(scores, [])) == 1
    scores.rows["words", "global"]["tolerant"] = {**scores.rows["words", "global"]["speech"], "within_count": 9}
    lines = [line for line in verdicts(scores, []) if "at least as good" in line]
    assert ["no." in lines[0], "yes." in lines[1]] == [True, True]
    failed = verdicts(synthetic({("words", "torchaudio"): 0, ("words", "global"): 1}), [])
    assert "1 of all cells**" in failed[-1]
    assert "`torchaudio` talk words: died" in failed[-1]


def test_captions_that_differ_in_formatting_alone_must_give_the_same():
    found = {("exact", "global"): 9, ("late", "global"): 9, ("casing", "global"): 8, ("words", "global"): 3}
    (line,) = same_texts(synthetic(found), "global")
    assert "captions: no.** 9 of 10 within 0.5 s in exact and in casing, late, but casing 8." in line
    (line,) = same_texts(synthetic({**found, ("casing", "global"): 9}), "global")
    assert "captions: yes.**" in line
    assert "words" not in line


def test_targets_are_reached_or_not_or_not_measured():
    scores = synthetic({("clean", "global"): 10, ("words", "global"): 7})
    target = {"claim": "all", "method": "global", "variants": ["clean", "words"], "measure": "within", "at_least": 0.9}
    assert reached(scores, target, "speech") == "- **all (speech): reached in 1 of 2.** clean 1; words 0.7."
    assert reached(scores, {**target, "at_least": 0.7}, "speech").startswith("- **all (speech): reached.**")
    assert reached(scores, {**target, "variants": ["words"]}, "speech").startswith("- **all (speech): not reached.**")
    assert reached(scores, {**target, "variants": ["other"]}, "speech") is None
    assert reached(scores, {**target, "recordings": ["talk"]}, "speech").endswith("talk clean 1; talk words 0.7.")
    missing = reached(scores, {**target, "measure": "skip_recall"}, "speech")
    assert missing == "- **all (speech): not measured.** not measured in clean, words."
    assert reached(scores, {**target, "needs": "skip_recall"}, "speech") == missing
    assert percent(None) == "–"


def test_sounds_are_pooled_over_recordings_and_weighted_by_their_cues():
    def cell(recording: str, variant: str, within: int, spoken: int) -> dict[str, object]:
        found = {"spoken": spoken, "within_count": within, "unspoken": 0}
        about = {"recording": recording, "variant": variant, "method": "global", "inexact": 0, "uncaptioned": 0}
        return {**about, "speech": found, "tolerant": found}

    cells = [cell("a+noise", "exact", 5, 10), cell("b+noise", "exact", 30, 30), cell("a+room", "exact", 9, 10)]
    rows = [cell("", "exact", 44, 50), cell("", "extra", 0, 0)]
    names = ["a+noise", "b+noise", "a+room", "c"]
    scores = Scores({"recordings": names, "methods": ["global"], "rows": rows, "cells": cells, "grid": []})
    assert sounds_table(scores, "global", "tolerant") == [
        "| `global` | exact | extra |",
        "|---|---|---|",
        "| noise | 87.5 | – |",
        "| room | 90.0 | – |",
    ]
    assert recordings_table(scores, "global", "tolerant")[2:] == [
        "| a+noise | 50.0 | – |",
        "| b+noise | 100.0 | – |",
        "| a+room | 90.0 | – |",
        "| c | – | – |",
    ]
    assert sounds_table(synthetic({("exact", "global"): 10}), "global", "tolerant") == []
