from __future__ import annotations

import pytest

from ctcalign.errors import CaptionError
from tests.formats.conftest import rows


def test_srv1_has_seconds(reading):
    text = (
        '<?xml version="1.0" encoding="utf-8" ?><transcript><text start="5.238" dur="2.5">it&amp;#39;s late</text>'
        '<text start="8" dur="1">bye</text></transcript>'
    )
    captions = reading(text, "a.xml")
    assert captions.format == "srv"
    assert rows(captions) == [(5.238, 7.738, "it&#39;s late"), (8.0, 9.0, "bye")]


def test_srv2_has_milliseconds_and_lines_that_scroll(reading):
    text = '<timedtext><text t="5238" d="2500">good</text><text t="6000" d="10" append="1">\n</text></timedtext>'
    assert rows(reading(text, "a.srv2")) == [(5.238, 7.738, "good")]


def test_srv3_has_word_times(reading):
    text = (
        '<?xml version="1.0"?>\n<timedtext format="3"><head><ws id="0"/></head><body><w t="0" id="1"/>'
        '<p t="5000" d="3000" w="1"><s ac="255">good</s><s t="275"> evening</s></p><p t="6500" d="10" a="1">\n</p>'
        '<p t="7000" d="1000"><s>and</s></p></body></timedtext>'
    )
    captions = reading(text, "a")
    assert rows(captions) == [(5.0, 7.0, "good evening"), (7.0, 8.0, "and")]
    assert [(w.text, w.start, w.end) for w in captions.cues[0].words] == [("good", 5.0, 5.275), ("evening", 5.275, 7.0)]


def test_xml_of_another_kind(reading):
    with pytest.raises(CaptionError, match="root <html>"):
        reading("<html/>", "a.srv3")
