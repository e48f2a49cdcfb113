"""Recordings and captions at addresses, from a server in this process: HTTP through the whole program, and S3."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.corpus.work.remote import downloaded, version_of
from ctcalign.errors import AudioError
from tests.corpus.collections import report_of

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install '.[remote]'")


class Files(BaseHTTPRequestHandler):
    """GET and HEAD of the files of `folder`, with tags and parts, as HTTP and S3 have them."""

    folder: Path
    asked: Counter[tuple[str, str]]
    tagged = True

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def answer(self, with_content):
        path = self.folder / self.path.partition("?")[0].lstrip("/")
        self.asked[self.command, path.name] += 1
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = path.read_bytes()
        size, tag = len(content), hashlib.md5(content).hexdigest()
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if part:
            content = content[int(part[1]) : int(part[2]) + 1 if part[2] else None]
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", f"bytes {part[1]}-{int(part[1]) + len(content) - 1}/{size}")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Accept-Ranges", "bytes")
        if self.tagged:
            self.send_header("ETag", f'"{tag}"')
            self.send_header("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT")
        self.end_headers()
        if with_content:
            self.wfile.write(content)

    def log_message(self, format, *arguments):
        pass


@pytest.fixture
def server(talks, tmp_path):
    """The address of a server of two pairs, and its handler with counts of what it was asked."""
    handler = type("Own", (Files,), {"folder": tmp_path / "served", "asked": Counter()})
    (tmp_path / "served" / "bucket").mkdir(parents=True)
    for path in talks.iterdir():
        (tmp_path / "served" / "bucket" / path.name).write_bytes(path.read_bytes())
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/bucket", handler
        server.shutdown()
        thread.join()


def run(*arguments):
    return CliRunner().invoke(
        commands, ["align-corpus", *map(str, arguments), "--workers", "1", "--fast"], catch_exceptions=False
    )


def manifest(path, base, names):
    rows = [{"id": name, "audio": f"{base}/{name}.wav", "captions": f"{base}/{name}.txt"} for name in names]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def cues(output):
    return {path.stem: json.loads(path.read_text("utf-8"))["cues"] for path in output.glob("alignments/*.json")}


def test_recordings_at_addresses(talks, server, tmp_path):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: pip install '.[remote]'")
    address, handler = server
    output = tmp_path / "out"
    assert run(talks, "-o", tmp_path / "local").exit_code == 0
    pairs = manifest(tmp_path / "pairs.jsonl", address, "abz")
    refused = run(pairs, "-o", tmp_path / "refused")
    assert refused.exit_code == 1
    assert "--allow-remote" in refused.stderr
    assert not handler.asked
    done = run(pairs, "-o", output, "--allow-remote")
    assert done.exit_code == 1
    assert cues(output) == cues(tmp_path / "local")
    [failure] = report_of(output)["failures"]
    assert failure["id"] == "z"
    assert failure["detail"].startswith(f"{address}/z.txt: cannot be read")
    # What has not changed is not fetched again; what has, is.
    fetched = handler.asked["GET", "a.wav"], handler.asked["GET", "b.wav"]
    (handler.folder / "bucket" / "b.txt").write_text("Tonight we hear\n", encoding="utf-8")
    manifest(pairs, address, "ab")
    assert run(pairs, "-o", output, "--allow-remote").exit_code == 0
    assert handler.asked["GET", "a.wav"] == fetched[0]
    assert handler.asked["GET", "b.wav"] > fetched[1]
    assert [cue["text"] for cue in cues(output)["b"]] == ["Tonight we hear"]


def test_files_without_a_version_are_read_again(server):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: pip install '.[remote]'")
    address, handler = server
    size = (handler.folder / "bucket" / "a.wav").stat().st_size
    assert version_of(f"{address}/a.wav")[0] == size
    handler.tagged = False
    fsspec.filesystem("http").invalidate_cache()
    assert version_of(f"{address}/a.wav") == [None]
    assert version_of(f"{address}/missing.wav") == [None]


def test_s3(server, tmp_path, monkeypatch):
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install '.[remote]'")
    address, handler = server
    place = {"endpoint_url": address.removesuffix("/bucket"), "anon": True, "client_kwargs": {"region_name": "x"}}
    monkeypatch.setitem(fsspec.config.conf, "s3", place)
    content = (handler.folder / "bucket" / "a.wav").read_bytes()
    assert version_of("s3://bucket/a.wav") == [len(content), f'"{hashlib.md5(content).hexdigest()}"']
    downloaded("s3://bucket/a.wav", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    with pytest.raises(AudioError, match=r"^s3://bucket/z\.wav: cannot be read"):
        downloaded("s3://bucket/z.wav", tmp_path / "copy")


def test_another_file_system(tmp_path):
    memory = fsspec.filesystem("memory")
    with memory.open("/talks/a.wav", "wb") as stream:
        stream.write(b"sound")
    size, version = version_of("memory://talks/a.wav")
    assert size == 5
    assert version_of("memory://talks/a.wav") == [size, version]
    downloaded("memory://talks/a.wav", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"sound"
    with pytest.raises(AudioError, match=r"nosuch://x/a: .*expected an address such as s3://"):
        downloaded("nosuch://x/a", tmp_path / "copy")
