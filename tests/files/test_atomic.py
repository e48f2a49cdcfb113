"""Files and folders are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ctcalign.errors import OutputError
from ctcalign.files import atomic_directory, atomic_write


def left_over(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".")]


@pytest.mark.parametrize(("mode", "content"), [("w", "a\nü👋"), ("wb", b"\x00\r\n\xff")])
def test_the_content_arrives_and_nothing_else(tmp_path, mode, content):
    path = tmp_path / "out.srt"
    with atomic_write(path, mode) as stream:
        stream.write(content)
        assert not path.exists()
    assert path.read_bytes() == (content.encode() if mode == "w" else content)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("failure", [ValueError("bug"), KeyboardInterrupt(), SystemExit(143), MemoryError()])
@pytest.mark.parametrize("before", [None, "old"])
def test_an_exception_leaves_what_was_there(tmp_path, failure, before):
    path = tmp_path / "out.srt"
    if before is not None:
        path.write_text(before)
    with pytest.raises(type(failure)):  # noqa: PT012
        with atomic_write(path) as stream:
            stream.write("half")
            stream.flush()
            raise failure
    assert (path.read_text() if path.exists() else None) == before
    assert left_over(tmp_path) == []


def test_a_full_disk_is_one_clear_line(tmp_path, monkeypatch):
    path = tmp_path / "out.srt"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(OutputError, match=r"out\.srt: cannot be written: No space left on device"),
        atomic_write(path) as f,
    ):
        f.write("new")
    assert path.read_text() == "old"
    assert left_over(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_device_without_room_reports_it_and_stays_a_device():
    with (
        pytest.raises(OutputError, match=r"/dev/full: cannot be written: No space left"),
        atomic_write("/dev/full") as stream,
    ):
        stream.write("x" * 100_000)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_dev_null_stays_a_device():
    with atomic_write("/dev/null") as stream:
        stream.write("x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_dev_stdout_is_a_pipe_here():
    code = "from ctcalign.files import atomic_write\nwith atomic_write('/dev/stdout') as f: f.write('piped')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "piped"


def test_a_real_disk_limit(tmp_path):
    """RLIMIT_FSIZE makes the kernel itself refuse the bytes, as a quota does."""
    path = tmp_path / "out.json"
    path.write_text("old")
    code = (
        "import resource, signal, sys\n"
        "from ctcalign.files import atomic_write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n"
        f"    with atomic_write({str(path)!r}) as f: f.write('x' * 1_000_000)\n"
        "except Exception as error: sys.stdout.write(type(error).__name__ + ': ' + str(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("OutputError:")
    assert "File too large" in done.stdout
    assert path.read_text() == "old"
    assert left_over(tmp_path) == []


def test_an_error_about_another_file_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "out.srt"):
        open(tmp_path / "input that is missing")
    assert os.listdir(tmp_path) == []


def test_missing_folder(tmp_path):
    with (
        pytest.raises(OutputError, match=r"there is no folder .*nowhere; create it first"),
        atomic_write(tmp_path / "nowhere" / "a"),
    ):
        pass


def test_a_folder_in_the_way(tmp_path):
    with pytest.raises(OutputError, match="is a folder"), atomic_write(tmp_path):
        pass


def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path):
    old = tmp_path / "old"
    old.write_text("x")
    old.chmod(0o604)
    before = os.umask(0o027)
    try:
        for name in ("old", "new"):
            with atomic_write(tmp_path / name) as stream:
                stream.write("y")
    finally:
        os.umask(before)
    assert stat.S_IMODE(old.stat().st_mode) == 0o604
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_read_only_file_is_respected(tmp_path, monkeypatch):
    path = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o444)
    # Root may write anything: raise the error that other users get.
    monkeypatch.setattr(os, "access", lambda p, mode: bool(os.stat(p).st_mode & stat.S_IWUSR))
    with pytest.raises(OutputError, match="read-only"), atomic_write(path) as stream:
        stream.write("new")
    assert path.read_text() == "old"


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(args[0]))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match="out: cannot be written: Permission denied"), atomic_write(tmp_path / "out"):
        pass


def test_a_symlink_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "data").mkdir()
    real = tmp_path / "data" / "real"
    real.write_text("old")
    link = tmp_path / "link"
    link.symlink_to(real)
    with atomic_write(link) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert left_over(tmp_path / "data") == []


def test_a_dangling_symlink_gets_its_target(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "later")
    with atomic_write(tmp_path / "link") as stream:
        stream.write("new")
    assert (tmp_path / "later").read_text() == "new"


def test_the_longest_name_that_a_file_may_have(tmp_path):
    path = tmp_path / ("n" * 251 + ".srt")
    with atomic_write(path) as stream:
        stream.write("x")
    assert path.read_text() == "x"


def test_a_directory_is_built_aside_and_replaces_its_own_kind(tmp_path):
    target = tmp_path / "data"
    for content in ("one", "two"):
        with atomic_directory(target) as folder:
            (folder / "text").write_text(content)
            assert not target.exists() or (target / "text").read_text() == "one"
        assert (target / "text").read_text() == content
    assert sorted(os.listdir(tmp_path)) == ["data"]


@pytest.mark.parametrize("failure", [RuntimeError(), KeyboardInterrupt()])
def test_a_directory_that_fails_leaves_the_old_one(tmp_path, failure):
    target = tmp_path / "data"
    target.mkdir()
    (target / "text").write_text("old")
    with pytest.raises(type(failure)):  # noqa: PT012
        with atomic_directory(target) as folder:
            (folder / "text").write_text("new")
            raise failure
    assert (target / "text").read_text() == "old"
    assert os.listdir(tmp_path) == ["data"]


def test_a_directory_move_that_fails_puts_the_old_files_back(tmp_path, monkeypatch):
    target = tmp_path / "data"
    target.mkdir()
    for name in ("text", "wav.scp"):
        (target / name).write_text("old")
    real = os.replace

    def second_fails(a, b):
        if str(b).endswith("wav.scp"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(a, b)

    monkeypatch.setattr(os, "replace", second_fails)
    with pytest.raises(OutputError, match="Input/output error; nothing was changed"):  # noqa: PT012
        with atomic_directory(target) as folder:
            for name in ("text", "wav.scp"):
                (folder / name).write_text("new")
    assert [(target / name).read_text() for name in ("text", "wav.scp")] == ["old", "old"]
    assert sorted(os.listdir(target)) == ["text", "wav.scp"]
    assert os.listdir(tmp_path) == ["data"]


def test_a_directory_with_other_files_is_not_replaced(tmp_path):
    target = tmp_path / "data"
    target.mkdir()
    (target / "thesis.doc").write_text("ten years")
    with pytest.raises(OutputError, match=r"holds other files \(thesis\.doc\)"), atomic_directory(target) as folder:
        (folder / "text").write_text("new")
    assert (target / "thesis.doc").read_text() == "ten years"
    assert os.listdir(tmp_path) == ["data"]


def test_a_file_where_the_directory_should_be(tmp_path):
    (tmp_path / "data").write_text("x")
    with pytest.raises(OutputError, match="is a file"), atomic_directory(tmp_path / "data"):
        pass
    assert os.listdir(tmp_path) == ["data"]
