"""Outputs of one block appear together at its end, or none of them does."""

from __future__ import annotations

import errno
import os
import signal
import threading

import pytest

from ctcalign.errors import OutputError
from ctcalign.files import atomic_directory, atomic_write, together


def write(path, content="new"):
    with atomic_write(path) as stream:
        stream.write(content)


def write_all(folder, *names):
    with together():
        for name in names:
            write(folder / name)


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_nothing_is_seen_before_the_end_and_everything_after_it(tmp_path):
    write(tmp_path / "a", "old")
    with together():
        write(tmp_path / "a")
        write(tmp_path / "b")
        with atomic_directory(tmp_path / "data") as folder:
            (folder / "text").write_text("new")
        seen = {name: text for name, text in contents(tmp_path).items() if "ctcalign-" not in name}
        assert seen == {"a": "old"}
    assert contents(tmp_path) == {"a": "new", "b": "new", "data/text": "new"}


@pytest.mark.parametrize("failure", [OutputError("disk full"), KeyboardInterrupt(), SystemExit(143)])
def test_a_later_output_that_fails_leaves_the_first_as_it_was(tmp_path, failure):
    write(tmp_path / "a", "old")
    with pytest.raises(type(failure)):  # noqa: PT012
        with together() as outputs:
            write(tmp_path / "a")
            outputs.make_folder(tmp_path / "new" / "er")
            write(tmp_path / "new" / "er" / "b")
            raise failure
    assert contents(tmp_path) == {"a": "old"}
    assert os.listdir(tmp_path) == ["a"]


def test_blocks_inside_wait_for_the_outermost(tmp_path):
    with together():
        with together():
            write(tmp_path / "a")
        assert not (tmp_path / "a").exists()
    assert contents(tmp_path) == {"a": "new"}


def test_a_block_that_failed_does_not_hold_back_the_next(tmp_path):
    with pytest.raises(ValueError, match="x"), together():
        raise ValueError("x")
    write(tmp_path / "a")
    assert contents(tmp_path) == {"a": "new"}


@pytest.mark.parametrize("links", [True, False])
def test_a_move_that_fails_is_undone_or_its_message_says_what_changed(tmp_path, monkeypatch, links):
    for name in ("a", "b", "c"):
        write(tmp_path / name, "old")
    real = os.replace

    def third_fails(source, target):
        if str(target).endswith("c"):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        real(source, target)

    def no_links(source, target):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "replace", third_fails)
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(OutputError) as error:
        write_all(tmp_path, "a", "new", "b", "c")
    if links:
        assert str(error.value).endswith("nothing was changed there")
        assert contents(tmp_path) == {"a": "old", "b": "old", "c": "old"}
    else:
        assert str(error.value).endswith(f"already replaced: {tmp_path / 'a'}, {tmp_path / 'b'}")
        assert contents(tmp_path) == {"a": "new", "b": "new", "c": "old"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_between_two_moves_waits_for_the_last(tmp_path, monkeypatch, number):
    class Stopped(BaseException):
        pass

    def stop(*_):
        raise Stopped

    real = os.replace

    def signalled(source, target):
        real(source, target)
        signal.raise_signal(number)

    before = signal.signal(number, stop)
    try:
        monkeypatch.setattr(os, "replace", signalled)
        with pytest.raises(Stopped):
            write_all(tmp_path, "a", "b")
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    assert contents(tmp_path) == {"a": "new", "b": "new"}


def test_in_another_thread_too(tmp_path):
    thread = threading.Thread(target=write_all, args=(tmp_path, "a", "b"))
    thread.start()
    thread.join()
    assert contents(tmp_path) == {"a": "new", "b": "new"}
