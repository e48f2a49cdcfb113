"""Writing pages: weight, data, escapes, policy, warnings, the packages that are part of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from ctcalign.errors import AudioError, UsageError
from ctcalign.review import PageOptions, write_page
from ctcalign.review.assets import ASSETS, SCRIPTS, STYLES, VENDOR, assets
from ctcalign.review.escaping import json_markup, plain_line
from ctcalign.review.page import file_of
from ctcalign.review.run import review_alignment
from ctcalign.review.sound.recording import address
from tests.review.conftest import alignment_of, cue, write_tone
from tools.review.cases import repeated, write_repeated


class Elements(HTMLParser):
    """The scripts of a page by id (or number), and its policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: dict[str, str] = {}
        self.links: list[str] = []
        self.policy = ""
        self._open: str | None = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "script":
            self._open = values.get("id") or str(len(self.scripts))
            self.scripts[self._open] = ""
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        self.links += [values[name] for name in ("src", "href") if values.get(name)]

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open is not None:
            self.scripts[self._open] += data


def parsed(path) -> Elements:
    return Elements(path.read_text(encoding="utf-8"))


def test_a_page_of_ten_minutes_is_lighter_than_3_mb(talk, tmp_path):
    write_repeated(tmp_path / "long.wav", 600)
    for spectrogram in (False, True):
        options = PageOptions(spectrogram=spectrogram)
        write_page(
            repeated(talk, 600), tmp_path / "p.html", audio=tmp_path / "long.wav", options=options, overwrite=True
        )
        assert (tmp_path / "p.html").stat().st_size < 3e6


def test_a_page_loads_nothing_and_names_its_own_scripts(tmp_path):
    write_page(alignment_of(cue(0, "one", 1.0)), tmp_path / "page.html", audio=write_tone(tmp_path / "tone.wav"))
    page = parsed(tmp_path / "page.html")
    assert page.links == []
    code = [text for id, text in page.scripts.items() if id.isdigit()]
    assert len(code) == 3
    for text in code:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in page.policy
    assert "default-src 'none'" in page.policy
    assert "connect-src 'none'" in page.policy
    assert "unsafe" not in page.policy
    assert "http" not in page.policy


def test_the_data_of_a_page_are_those_of_the_alignment(talk, tmp_path):
    write_page(talk, tmp_path / "page.html")
    data = json.loads(parsed(tmp_path / "page.html").scripts["data"])
    assert [row[1] for row in data["cues"]] == [one.text for one in talk.cues]
    assert [row[2] for row in data["cues"]] == [one.start and round(one.start, 3) for one in talk.cues]
    assert data["cues"][0][4:7:2] == [1, talk.cues[0].reason]
    assert data["alignment"] == {
        "name": "talk.json",
        "sha256": file_of(talk).sha256,
        "audio": "talk.ogg",
        "cues": len(talk.cues),
    }


def test_the_digest_in_memory_is_that_of_the_file_that_is_saved(talk, tmp_path):
    talk.to_json(tmp_path / "talk.json")
    assert file_of(talk).sha256 == hashlib.sha256((tmp_path / "talk.json").read_bytes()).hexdigest()


def test_the_same_alignment_gives_the_same_page(talk, tmp_path):
    pages = [write_page(talk, tmp_path / f"{i}.html").path.read_bytes() for i in range(2)]
    assert pages[0] == pages[1]


def test_the_recording_is_named_relative_to_the_page(tmp_path):
    (tmp_path / "pages").mkdir()
    write_tone(tmp_path / "a talk.wav")
    write_page(alignment_of(cue(0, "one", 1.0)), tmp_path / "pages" / "p.html", audio=tmp_path / "a talk.wav")
    assert json.loads(parsed(tmp_path / "pages" / "p.html").scripts["data"])["sound"]["source"] == "../a%20talk.wav"
    assert address(tmp_path / "javascript:x.mp3", tmp_path / "p.html") == "./javascript%3Ax.mp3"


def test_a_recording_of_another_length_is_reported(tmp_path):
    audio = write_tone(tmp_path / "tone.wav")
    other = write_page(alignment_of(cue(0, "one", 1.0), duration=90), tmp_path / "a.html", audio=audio)
    assert "of a recording of 90.00 s, this one has 20.00 s" in other.warnings[0]
    late = write_page(alignment_of(cue(0, "one", 60.0)), tmp_path / "b.html", audio=audio)
    assert "1 of 1 captions begin after the end" in late.warnings[0]


def test_an_existing_page_is_kept(tmp_path):
    (tmp_path / "page.html").write_text("mine")
    with pytest.raises(UsageError, match="exists; use overwrite=True"):
        write_page(alignment_of(), tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == "mine"


def test_a_damaged_recording_leaves_no_page(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError, match=r"a\.wav"):
        write_page(alignment_of(), tmp_path / "page.html", audio=tmp_path / "a.wav")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("values", [{"max_cps": 0}, {"max_lines": -1}, {"channel": "all"}])
def test_options_are_checked(values):
    with pytest.raises(UsageError, match="expected"):
        PageOptions(**values)


def test_the_recording_that_an_alignment_names_is_found(talk, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    write_tone(tmp_path / "tone.wav")
    alignment_of(cue(0, "one", 1.0)).to_json(tmp_path / "tone.json")
    found = review_alignment(tmp_path / "tone.json", "page.html")
    assert found.warnings == []
    assert json.loads(parsed(found.path).scripts["data"])["sound"]["source"] == "../tone.wav"
    (tmp_path / "tone.wav").unlink()
    assert "no recording" in review_alignment(tmp_path / "tone.json", "page.html", overwrite=True).warnings[0]


def test_captions_of_other_formats_are_reviewed(tmp_path):
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello <b>you</b>\n")
    review_alignment(tmp_path / "a.srt", tmp_path / "page.html")
    data = json.loads(parsed(tmp_path / "page.html").scripts["data"])
    assert data["cues"][0][:4] == [0, "Hello <b>you</b>", 1.0, 2.0]
    assert data["alignment"]["sha256"] == hashlib.sha256((tmp_path / "a.srt").read_bytes()).hexdigest()


def test_json_ends_no_element():
    text = "</script><!--&\u2028\u2029\ud800"
    escaped = str(json_markup({"a": text}))
    assert not re.search("[<>&\u2028\u2029\ud800]", escaped)
    assert json.loads(escaped) == {"a": text}


def test_a_title_has_no_control_characters():
    assert plain_line("a\u202eb\u2066c\x07 \n d\ud800") == "abc d"


def test_the_packages_are_those_of_their_list():
    table = re.findall(r"`([\w.]+)` \| `[\w./]+` \| `(\w{64})`", (VENDOR / "README.md").read_text())
    assert {name for name, _ in table} == {"wavesurfer.min.js", "regions.min.js"}
    for name, digest in table:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
    assert "BSD 3-Clause" in (VENDOR / "LICENSE").read_text()


def test_every_script_and_style_is_part_of_the_page():
    assert {file.stem for file in (ASSETS / "scripts").iterdir()} == set(SCRIPTS)
    assert {file.stem for file in (ASSETS / "styles").iterdir()} == set(STYLES)
    assert "innerHTML" not in assets().scripts[-1]  # of our own: text is never parsed as HTML
    assert "insertAdjacentHTML" not in assets().scripts[-1]


def test_files_of_the_page_are_package_data():
    import fnmatch
    from pathlib import Path

    import tomllib

    root = Path(__file__).parents[2]
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["ctcalign"]
    for file in [*ASSETS.rglob("*"), *VENDOR.iterdir()]:
        name = str(file.relative_to(root / "ctcalign"))
        assert file.is_dir() or any(fnmatch.fnmatch(name, pattern.replace("**/", "*")) for pattern in patterns), name


def test_the_documentation_names_every_key():
    page = (ASSETS.parents[2] / "docs" / "review.md").read_text(encoding="utf-8")
    table = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))
    keys = re.findall(r'^    \["[^"]+", "([^"]+)",', (ASSETS / "scripts" / "keys.js").read_text(), re.M)
    assert len(keys) > 25
    named = {part for key in keys for part in re.split(r" and | or |, (?=Shift)", key) if not part.startswith("Shift+")}
    assert [key for key in sorted(named) if key not in table] == []
