"""Temporary files of dead processes are removed by the next run in the folder, those of others stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ctcalign.files import atomic_directory, atomic_write
from ctcalign.files.leftovers import FOREIGN_SECONDS, remove_leftovers, temporary_folder, temporary_path

WRITER = """
import sys, time
from ctcalign.files import atomic_directory, atomic_write
with {function}({path!r}) as place:
    {write}
    print("ready", flush=True)
    time.sleep(60)
"""


def writer(tmp_path, function="atomic_write"):
    write = "place.write('half'); place.flush()" if function == "atomic_write" else "(place / 'text').write_text('x')"
    code = WRITER.format(function=function, path=str(tmp_path / "out"), write=write)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def run(tmp_path):
    """What the next run does: a new process, since one process searches a folder once."""
    code = f"from ctcalign.files import atomic_write\nwith atomic_write({str(tmp_path / 'next')!r}) as f: f.write('x')"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("function", ["atomic_write", "atomic_directory"])
def test_the_next_run_removes_what_a_killed_process_left_and_nothing_of_a_living_one(tmp_path, function):
    process = writer(tmp_path, function)
    run(tmp_path)
    assert len(os.listdir(tmp_path)) == 2, "the file of a living process was removed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert len(os.listdir(tmp_path)) == 2
    run(tmp_path)
    assert os.listdir(tmp_path) == ["next"]


def name_on_another_machine(process: int) -> str:
    return f".ctcalign-00000000-{process}-00c0ffee.tmp"


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        (name_on_another_machine(1), 0.0, True),
        (name_on_another_machine(10**12), FOREIGN_SECONDS - 600, True),
        (name_on_another_machine(1), FOREIGN_SECONDS + 600, False),
        (".ctcalign-0123456789abcdef.tmp", 0.0, True),  # of an earlier version
        (".ctcalign-0123456789abcdef.tmp", FOREIGN_SECONDS + 600, False),
        (".ctcalign-notes.tmp", 10 * FOREIGN_SECONDS, True),
        ("ctcalign-results.json", 10 * FOREIGN_SECONDS, True),
        (".other-0123456789abcdef.tmp", 10 * FOREIGN_SECONDS, True),
    ],
)
def test_a_file_whose_process_is_not_known_stays_for_a_day(tmp_path, name, age, stays):
    path = tmp_path / name
    path.write_text("x")
    os.utime(path, (time.time() - age,) * 2)
    assert remove_leftovers(tmp_path) == ([] if stays else [path])
    assert path.exists() is stays


def test_a_process_number_used_again_hides_no_leftover(tmp_path):
    """In a container every run may have the number 7."""
    left = temporary_path(tmp_path)
    left.write_text("half")
    own = temporary_path(tmp_path)
    own.write_text("half")
    from ctcalign.files import leftovers

    leftovers._own.discard(left)
    assert remove_leftovers(tmp_path) == [left]
    assert own.exists()
    leftovers.forget_all()
    assert os.listdir(tmp_path) == []


def test_a_link_with_the_name_of_a_leftover_is_removed_without_what_it_points_to(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keep").write_text("x")
    link = tmp_path / ".ctcalign-00000000-1-00c0ffee.tmp"
    link.symlink_to(tmp_path / "data")
    os.utime(link, (0, 0), follow_symlinks=False)
    assert remove_leftovers(tmp_path) == [link]
    assert (tmp_path / "data" / "keep").exists()


def test_leftovers_in_an_output_folder_are_no_files_of_the_user(tmp_path):
    target = tmp_path / "data"
    target.mkdir()
    (target / name_on_another_machine(1)).write_text("x")
    with atomic_directory(target) as folder:
        (folder / "text").write_text("new")
    assert (target / "text").read_text() == "new"


def test_a_temporary_folder_is_private_and_goes(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary_folder() as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "audio").write_bytes(b"x")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_listed_is_no_error(tmp_path):
    assert remove_leftovers(tmp_path / "nowhere") == []
    with atomic_write(tmp_path / "out") as stream:
        stream.write("x")
