"""The service of egs/server: results, limits, faults in one line, and ten requests at a time."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import ctcalign
from egs.server import app as server
from egs.server.app import create_app

DEMO = Path(__file__).parents[2] / "egs" / "demo"
RECORDING, CAPTIONS = (DEMO / "talk.ogg").read_bytes(), (DEMO / "talk.srt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app("builtin:en", at_once=4, max_captions=20_000)) as client:
        yield client


def ask(client, captions: str | bytes, name: str = "talk.srt", recording: bytes = RECORDING, **more):
    files = {"recording": ("talk.ogg", recording), "captions": (name, captions)}
    return client.post("/align", files=files, **more)


def test_an_alignment_is_that_of_the_library(client):
    answer = ask(client, CAPTIONS)
    assert answer.status_code == 200
    expected = ctcalign.align(DEMO / "talk.ogg", DEMO / "talk.srt", "builtin:en").to_dict()
    assert {**answer.json(), "audio": ""} == {**json.loads(json.dumps(expected)), "audio": ""}
    assert answer.json()["audio"] == "talk.ogg"
    assert client.get("/health").json()["model"] == "builtin:en"


def test_ten_requests_at_a_time_give_what_they_give_one_by_one(client):
    blocks = CAPTIONS.strip().split("\n\n")
    text = " ".join(line for block in blocks for line in block.split("\n")[2:])
    lines = [("talk.srt", "\n\n".join(blocks[k:])) for k in range(7)]
    requests = [*lines, *(("talk.txt", text * count) for count in (1, 2, 3))]  # long texts are divided into sentences
    alone = [ask(client, captions, name).json() for name, captions in requests]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda request: ask(client, request[1], request[0]), requests))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert [answer.json() for answer in answers] == alone
    assert len({json.dumps(one) for one in alone}) == 10


@pytest.mark.parametrize(
    ("captions", "recording", "status", "message"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\n♪\n", RECORDING, 422, "contain no spoken word"),
        (CAPTIONS, b"nothing", 422, "talk.ogg: "),
        (CAPTIONS, b"", 422, "talk.ogg: "),
        ("", RECORDING, 422, "talk.srt: the file is empty"),
        ("Hello\n" * 4000, RECORDING, 413, "captions: 24000 bytes, more than 20000"),
    ],
)
def test_faults_are_one_line(client, captions, recording, status, message):
    answer = ask(client, captions, recording=recording)
    assert answer.status_code == status
    assert message in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_options_parts_and_paths_are_checked(client):
    assert ask(client, CAPTIONS, data={"language": "klingon"}).status_code == 400
    missing = client.post("/align", files={"recording": ("talk.ogg", RECORDING)})
    assert (missing.status_code, missing.json()["error"]) == (422, "captions: Field required")
    assert client.get("/nothing").json() == {"error": "Not Found"}
    assert ask(client, "", name="../../etc/a.srt").json()["error"].startswith("a.srt: ")


def test_a_body_is_refused_by_its_length_before_it_is_read():
    with TestClient(create_app("builtin:en", max_recording=1000, max_captions=1000)) as client:
        answer = ask(client, CAPTIONS, recording=b"x" * (2 << 20))
        assert answer.status_code == 413
        assert "more than 1050576" in answer.json()["error"]
        assert client.post("/align", content=iter([b"x"])).status_code == 411


def test_a_long_recording_is_refused(client):
    with TestClient(create_app("builtin:en", max_duration=10.0)) as client:
        answer = ask(client, CAPTIONS)
        assert answer.status_code == 422
        assert "talk.ogg: " in answer.json()["error"]


def test_more_requests_than_may_wait_come_back_later(monkeypatch):
    inside, go_on = threading.Event(), threading.Event()

    def slowly(*arguments, **options):
        inside.set()
        assert go_on.wait(60)
        return ctcalign.Alignment("a", 1.0, "m", [])

    monkeypatch.setattr(server.ctcalign, "align", slowly)
    with (
        TestClient(create_app("builtin:en", at_once=1, waiting=0)) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(ask, client, CAPTIONS)
        assert inside.wait(60)
        second = ask(client, CAPTIONS)
        go_on.set()
        assert (first.result().status_code, second.status_code) == (200, 503)
        assert "try again" in second.json()["error"]
        assert ask(client, CAPTIONS).status_code == 200
