"""Captions, speakers, reasons and file names that try to be more than text; a policy that forbids the network."""

from __future__ import annotations

import socket

import pytest

from ctcalign.review import write_page
from tests.review.conftest import alignment_of, cue, write_tone

HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "<!-- <script> --> \u2028 \u2029 ]]>",
    "<img src=x onerror='window.hacked = 1'>",
    "\"'><svg onload=window.hacked=1>",
    "{{ 7 * 7 }} ${7 * 7} &lt;b&gt; &amp;",
    "a\u202eb\u2066c\u202a d",
    "__proto__ constructor \\u003cscript\\u003e \x00\x1b[31m",
]


def hostile_alignment():
    cues = [cue(i, text, 1.0 + i, speaker=text) for i, text in enumerate(HOSTILE)]
    cues.append(cue(len(HOSTILE), HOSTILE[0], None, reason=HOSTILE[3]))
    return alignment_of(*cues, warnings=HOSTILE, language="<b>")


def test_hostile_captions_are_text(page_of):
    one = page_of(hostile_alignment())
    for index, text in enumerate(HOSTILE):
        one.choose(index)
        assert one.value("#text") == text.replace("\r", "\n")
        assert one.row(index).locator(".what").text_content() == f"{text} {text}"
    one.press("?")
    assert one.page.locator("#messages li").all_text_contents() == HOSTILE
    one.press("?")
    one.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert one.page.evaluate("typeof window.hacked") == "undefined"
    assert one.page.locator("svg, .row img, .editor img, #print img").count() == 0
    one.choose(0)
    one.press("m", "a")
    entry = one.exported()["cues"][0]
    assert entry["text"] == f"{HOSTILE[0]} {HOSTILE[1]}"
    one.page.reload()  # the edits come back from the browser's storage
    one.ready()
    assert one.page.evaluate("typeof window.hacked") == "undefined"


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)<_script>.wav", "\"'><img onerror=x>.wav", "a\u202egpj.wav", "50% #1?&.wav", "javascript:x.wav"],
)
def test_hostile_names_of_recordings_are_text_and_are_played(tmp_path, opened, name):
    audio = write_tone(tmp_path / name)
    write_page(alignment_of(cue(0, "one", 1.0)), tmp_path / "page.html", audio=audio)
    one = opened(tmp_path / "page.html")
    assert one.text("#sound-name") == name
    one.until("document.getElementById('media').duration > 19")
    assert "\u202e" not in one.page.title()
    assert one.page.locator("h1 *").count() == 1


def test_a_hostile_name_of_an_alignment_is_only_a_name(page_of, tmp_path, opened):
    from ctcalign.review.document import AlignmentFile

    file = AlignmentFile("</script><img src=x onerror=alert(1)>.json", "0" * 64)
    write_page(alignment_of(cue(0, "one", 1.0)), tmp_path / "page.html", file=file)
    one = opened(tmp_path / "page.html")
    one.choose(0)
    one.press("a")
    assert one.exported()["alignment"]["name"] == file.name


# Each asks for ADDRESS.
ATTEMPTS = {
    "fetch": "fetch('ADDRESS').catch(() => {})",
    "image": "{ const image = new Image(); image.src = 'ADDRESS'; }",
    "script": "{ const one = document.createElement('script'); one.src = 'ADDRESS'; document.body.append(one); }",
    "sound": "{ new Audio('ADDRESS'); }",
    "beacon": "navigator.sendBeacon('ADDRESS')",
    "socket": "{ try { new WebSocket('ADDRESS'.replace('http', 'ws')); } catch {} }",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_policy_forbids_the_network(page_of, attempt):
    one = page_of(alignment_of(cue(0, "one", 1.0)), expect_errors=True)
    one.page.evaluate(
        """window.blocked = [];
        document.addEventListener('securitypolicyviolation', (event) => window.blocked.push(event.blockedURI))"""
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        one.page.evaluate(f"() => {{ {ATTEMPTS[attempt].replace('ADDRESS', f'http://{host}/x')} }}")
        one.until(f"window.blocked.some((address) => address.includes('{host}'))")
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()  # nothing was sent
    one.requests.clear()  # Playwright also counts those that were blocked


@pytest.mark.parametrize(
    "attempt",
    [
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)",
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked = 1\">')",
        "document.body.insertAdjacentHTML('beforeend', '<a id=j href=\"javascript:window.hacked=1\">x</a>'); j.click()",
    ],
    ids=["element", "handler", "address"],
)
def test_the_policy_forbids_other_scripts(page_of, attempt):
    one = page_of(alignment_of(cue(0, "one", 1.0)), expect_errors=True)
    one.page.evaluate(f"() => {{ {attempt} }}")
    one.page.wait_for_timeout(100)
    assert one.page.evaluate("typeof window.hacked") == "undefined"
