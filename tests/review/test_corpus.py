"""The index of a corpus and the pages behind it: what they say, what is kept, what cannot be read, and the browser."""

from __future__ import annotations

import json
import re
import resource
import shutil

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.errors import UsageError
from ctcalign.formats import read_alignment
from ctcalign.review import PageOptions
from ctcalign.review.corpus import recordings
from ctcalign.review.corpus.run import review_corpus
from tests.formats.aligned_folder import corpus

EVIL = "<script>document.title='x'</script>\u202egpj\" onload='x'"


def fail(folder, name: str, **values) -> None:
    row = {"id": name, "status": "failed", "reason": "no sound", "detail": "silence", "attempts": 1, **values}
    (folder / "records" / f"{name}.json").write_text(json.dumps(row), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    """Eight recordings that were aligned and one that failed."""
    root = corpus(tmp_path / "corpus", 8, cues=4, sound=True)
    fail(root, "bad")
    return root


def rows_of(folder) -> list[str]:
    html = (folder / "review" / "index.html").read_text(encoding="utf-8")
    return re.findall(r"<tr data-state.*?</tr>", html, re.S)


def test_every_recording_has_a_row_and_a_page(folder):
    found = review_corpus(folder)
    assert (found.written, found.kept, found.problems, found.messages) == (8, 0, 0, [])
    assert len(rows_of(folder)) == 9
    for number in range(8):
        page = folder / "review" / "pages" / "a" / f"talk{number}.html"
        assert f'href="pages/a/talk{number}.html"' in found.index.read_text(encoding="utf-8")
        text = page.read_text(encoding="utf-8")
        assert '<a class="back" href="../../index.html">' in text
        source = json.loads(re.search(r'"source":("[^"]*")', text)[1])
        assert (page.parent / source).resolve() == (folder.parent / "sound" / f"talk{number}.wav").resolve()
    [bad] = [row for row in rows_of(folder) if 'data-state="failed"' in row]
    assert "no sound: silence" in bad
    assert "<a " not in bad


def test_the_summary_is_that_of_the_alignments(folder):
    found = review_corpus(folder)
    html = found.index.read_text(encoding="utf-8")
    assert "8 recordings aligned" in html
    assert "<dt>Captions aligned</dt><dd>32</dd>" in html
    confidences = [cue.confidence for n in range(8) for cue in talk(folder, n).cues]
    mean = float(re.search(r"Mean confidence</dt><dd>([\d.]+)", html)[1])
    assert mean == pytest.approx(sum(confidences) / len(confidences), abs=0.001)
    worst = re.search(r'<ol class="worst-files">(.*?)</ol>', html, re.S)[1]
    assert re.findall(r"a/talk\d", worst)[::2][0] == "a/talk0"


def talk(folder, number: int):
    return read_alignment(folder / "alignments" / "a" / f"talk{number}.json")


def test_a_page_is_kept_until_its_alignment_changes(folder, monkeypatch):
    review_corpus(folder)
    changed = talk(folder, 3)
    for cue in changed.cues:
        cue.reviewed = "accepted"
    changed.to_json(folder / "alignments" / "a" / "talk3.json")
    (folder / "review" / "pages" / "a" / "talk5.html").unlink()
    written = []
    real = recordings.write_page
    monkeypatch.setattr(
        recordings, "write_page", lambda a, page, **more: written.append(page.name) or real(a, page, **more)
    )
    found = review_corpus(folder)
    assert (found.written, found.kept, written) == (2, 6, ["talk3.html", "talk5.html"])
    assert "<dt>Reviewed</dt><dd>4</dd>" in found.index.read_text(encoding="utf-8")
    assert sum("data-open" in row for row in rows_of(folder)) == 7
    assert review_corpus(folder).kept == 8
    assert review_corpus(folder, options=PageOptions(max_cps=10.0)).written == 8


def test_a_run_that_was_stopped_goes_on(folder, monkeypatch):
    real, count = recordings.write_page, iter(range(100))

    def until_the_fourth(*arguments, **more):
        if next(count) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **more)

    monkeypatch.setattr(recordings, "write_page", until_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        review_corpus(folder)
    assert not (folder / "review" / "index.html").exists()
    found = review_corpus(folder)
    assert (found.written, found.kept) == (5, 3)


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(folder):
    (folder / "alignments" / "a" / "talk1.json").write_text("{", encoding="utf-8")
    (folder.parent / "sound" / "talk2.wav").write_bytes(b"no")
    (folder.parent / "sound" / "talk3.wav").unlink()
    (folder / "alignments" / "a" / "talk4.json").unlink()
    (folder / "records" / "a" / "talk5.json").write_text("{", encoding="utf-8")
    result = CliRunner().invoke(commands, ["review", str(folder)])
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[-1] == "ctcalign: error: 5 recordings could not be read in full"
    for number, why in enumerate(
        [
            "alignment cannot be read",
            "recording cannot be read",
            "recording not found",
            "alignment cannot be read",
            "damaged record",
        ],
        1,
    ):
        [line] = [line for line in lines if f" a/talk{number}: " in line]
        assert why in line
        [row] = [row for row in rows_of(folder) if f"a/talk{number}</bdi>" in row]
        assert "data-problem" in row
        assert why in row
    assert (folder / "review" / "pages" / "a" / "talk3.html").is_file()  # it asks for the recording
    assert not (folder / "review" / "pages" / "a" / "talk1.html").exists()
    assert sum('data-state="done"' in row for row in rows_of(folder)) == 5


def test_a_page_whose_alignment_was_damaged_since_goes(folder):
    review_corpus(folder)
    (folder / "alignments" / "a" / "talk1.json").write_text("{", encoding="utf-8")
    assert review_corpus(folder).problems == 1
    assert not (folder / "review" / "pages" / "a" / "talk1.html").exists()


def test_names_and_reasons_are_escaped(folder):
    fail(folder, "evil", id=EVIL, reason=EVIL, detail=EVIL)
    html = review_corpus(folder).index.read_text(encoding="utf-8")
    assert html.count("<script>") == 1
    assert "\u202e" not in html
    assert "onload='" not in html
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1]
    assert "default-src &#39;none&#39;" in policy
    assert "unsafe-inline" not in policy


def test_folders_that_are_none(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="no output folder of align-corpus"):
        review_corpus(tmp_path / "other")
    with pytest.raises(UsageError, match="holds something else than pages of a review"):
        review_corpus(folder, tmp_path / "other")
    result = CliRunner().invoke(commands, ["review", str(folder), "--audio", "a.wav"])
    assert result.exit_code == 2
    assert "--audio" in result.stderr


def test_memory_does_not_grow_with_the_recordings(tmp_path, monkeypatch):
    """Two thousand recordings of which each state has 1 kB; pages are not written, which takes minutes."""
    root = corpus(tmp_path / "corpus", 1, cues=1, sound=True)
    record = json.loads((root / "records" / "a" / "talk0.json").read_text())
    for number in range(1, 2000):
        (root / "records" / "a" / f"talk{number}.json").write_text(json.dumps({**record, "id": f"a/talk{number}"}))
        shutil.copy(root / "alignments" / "a" / "talk0.json", root / "alignments" / "a" / f"talk{number}.json")
    monkeypatch.setattr(recordings, "write_page", lambda alignment, page, **more: page.write_text("x"))
    monkeypatch.setattr(
        recordings,
        "write_json",
        lambda path, value, **more: path.write_text(json.dumps({**value, "pad": "x" * 10_000})),
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert review_corpus(root).written == 2000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 15_000  # kB; all states have 20 MB
    assert len(rows_of(root)) == 2001


def test_the_table_in_a_browser(folder, opened):
    fail(folder, "evil", id=EVIL, detail=EVIL)
    page = opened(review_corpus(folder).index)
    cells = "#recordings tbody tr:not([hidden]) td:first-child"
    names = f"Array.from(document.querySelectorAll('{cells}'), (cell) => cell.textContent.trim())"
    assert page.page.title() == "corpus – review"
    assert len(page.page.evaluate(names)) == 10
    page.page.get_by_role("button", name="Confidence").click()
    assert page.page.evaluate(names)[:2] == ["a/talk0", "a/talk1"]
    page.page.get_by_role("button", name="Confidence").click()
    assert page.page.evaluate(names)[:2] == ["a/talk7", "a/talk6"]
    assert page.page.evaluate(names)[8:] != []  # those without a confidence come last
    page.page.get_by_role("combobox").select_option("failed")
    assert len(page.page.evaluate(names)) == 2
    page.page.get_by_role("combobox").select_option("all")
    page.page.get_by_role("searchbox").fill("silence")
    assert page.page.evaluate(names) == ["bad"]
    page.page.get_by_role("searchbox").fill("")
    page.page.locator("#most").fill("0.65")  # confidences go from 0.650 to 0.657
    assert page.page.evaluate(names) == ["a/talk0"]
    assert page.text("#count") == "1 of 10 recordings"


def test_the_page_behind_a_row_leads_back(folder, opened):
    page = opened(review_corpus(folder).index)
    page.page.locator("tbody a").first.click()
    page.ready()
    assert page.page.url.endswith("pages/a/talk0.html")
    page.page.get_by_role("link", name="All recordings").click()
    page.page.wait_for_url("**/index.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_index_is_accessible(folder, opened, scheme):
    from axe_playwright_python.sync_playwright import Axe

    (folder.parent / "sound" / "talk3.wav").unlink()
    page = opened(review_corpus(folder).index, color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page.page)
    assert found.violations_count == 0, found.generate_report()


def test_the_rows_of_a_large_corpus_are_shown_in_steps(folder, opened):
    for number in range(450):
        fail(folder, f"lost{number}")
    page = opened(review_corpus(folder).index)
    rows = page.page.locator("#recordings tbody tr")
    assert rows.count() == 200
    assert page.text("#count") == "459 of 459 recordings"
    page.page.get_by_role("button", name="Show more (259)").click()
    page.page.get_by_role("button", name="Show more (59)").click()
    assert rows.count() == 459
    assert not page.page.locator("#more").is_visible()
    page.page.get_by_role("searchbox").fill("lost44")
    assert rows.count() == 11
    page.page.get_by_role("searchbox").fill("")
    page.page.get_by_role("button", name="Recording").click()
    page.page.get_by_role("button", name="Recording").click()
    assert rows.first.locator("td").first.text_content() == "lost449"
