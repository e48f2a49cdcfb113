"""The pages of figures are those of the results files."""

from __future__ import annotations

import json

import pytest

from tests.docs.blocks import ROOT
from tools.docs import figures

REMEDY = "out of date; run: python -m tools.docs figures"


@pytest.mark.parametrize("page", figures.PAGES)
def test_a_page_is_up_to_date(page):
    assert (ROOT / page).read_text(encoding="utf-8") == figures.PAGES[page](), f"{page} is {REMEDY}"


def test_every_results_file_is_on_a_page():
    shown = {name for _, name in figures.PERFORMANCE}
    files = {file.stem for file in (ROOT / figures.BENCH).glob("*.md") if not file.stem.endswith("_quick")}
    assert shown == files


def test_every_experiment_is_linked_from_the_page_of_accuracy():
    page = figures.accuracy()
    known = {str(file.parent.relative_to(ROOT)) for file in (ROOT / "egs").rglob("RESULTS.md")}
    missing = {name for name in known if f"{name}/RESULTS" not in page}
    # Of the network before builtin:en-robust, and what fine-tuning it gains.
    assert missing == {"egs/mini_en", "egs/digits/finetune", "egs/read_en/finetune"}


def test_a_section_keeps_its_links_and_lowers_its_headings():
    text = "# A\n\n## B\n\nsee [c](c.md#d)\n\n### E\n\n| f |\n\n## G\n"
    assert figures.section(text, "B") == "see [c](c.md#d)\n\n#### E\n\n| f |\n"
    assert figures._moved("[c](c.md#d) [e](http://e.org)", "egs/x/R.md") == "[c](../../egs/x/c.md#d) [e](http://e.org)"
    with pytest.raises(ValueError, match="no heading '## H'"):
        figures.section(text, "H")


def test_every_key_of_the_schema_is_on_its_page():
    page = figures.schema()
    schema = json.loads((ROOT / "ctcalign/formats/alignment.schema.json").read_text(encoding="utf-8"))
    keys = {*schema["properties"], *(key for part in schema["$defs"].values() for key in part.get("properties", ()))}
    assert [key for key in keys if f"`{key}`" not in page] == []
    assert '| `status` | `"aligned"` or `"not_spoken"` or `"failed"` | yes |' in page
    assert "| `source.blocks[].before` | integer | yes |" in page
