"""The command line. A command is imported when it is called; an error is one line on stderr and an exit status."""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from types import TracebackType
from typing import Any

import click

from ctcalign import __version__
from ctcalign.cli.own_code import raised_by_user
from ctcalign.cli.stopping import handle_signals, let_end, stop_signal
from ctcalign.errors import CtcAlignError, OutputExistsError
from ctcalign.extras import missing_package
from ctcalign.threads import wait_passively

# name -> (module that defines `command`, line in the list of commands)
COMMANDS = {
    "align": ("ctcalign.cli.align", "Find the times of captions and words in a recording."),
    "align-corpus": ("ctcalign.cli.align_corpus", "Align a collection of recordings into one folder."),
    "merge": ("ctcalign.cli.merge", "Merge the shards of align-corpus."),
    "transcribe": ("ctcalign.cli.transcribe", "Transcribe a recording, with word times."),
    "search": ("ctcalign.cli.search", "Find where phrases are spoken in a recording."),
    "convert": ("ctcalign.cli.convert", "Convert an alignment or a caption file to other formats."),
    "plot": ("ctcalign.cli.plot", "Draw a recording with its words and captions."),
    "review": ("ctcalign.cli.review", "Write a web page to review and correct an alignment."),
    "filter": ("ctcalign.cli.filter", "Select the cues that meet given criteria."),
    "apply-edits": ("ctcalign.cli.apply_edits", "Apply the edits of a review to the alignment."),
    "score": ("ctcalign.cli.score", "Compare an alignment with a reference."),
    "calibrate": ("ctcalign.cli.calibrate", "Fit the confidence calibration of a model on transcribed recordings."),
    "fit": ("ctcalign.cli.fit", "Train or fine-tune a recogniser."),
    "adapt": ("ctcalign.cli.adapt", "Adapt a recogniser to recordings with partly wrong captions."),
    "evaluate": ("ctcalign.cli.evaluate", "Measure error rates and emission delays of a model."),
    "export": ("ctcalign.cli.export", "Write a model as an ONNX graph, or in its own format."),
    "models": ("ctcalign.cli.models", "List the models with language, licence and size."),
}
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
BROKEN_PIPE = 141  # 128 + SIGPIPE
# In messages of the dynamic linker, of torch, of ONNX Runtime, of C++ and of the system.
_NO_MEMORY = (
    "failed to map segment",
    "Cannot allocate memory",
    "can't allocate memory",
    "bad_alloc",
    "Failed to allocate memory",
    "can't start new thread",
)
# Besides OutOfMemoryError of torch, which may not be loaded.
_NO_DEVICE_MEMORY = ("out of memory", "ALLOC_FAILED")


class _StopError(Exception):
    """Carries an exit status past click, which would replace a signal's status with its own."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Commands(click.Group):
    """A group of commands in modules that are imported on use; errors are one line on stderr."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table of commands: `ctcalign --help` imports none of them.
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt:
            raise _StopError(INTERRUPTED) from None
        except BrokenPipeError:
            # The interpreter flushes stdout once more at exit: redirect that to the null device.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise _StopError(BROKEN_PIPE) from None
        except Exception:
            number = stop_signal()
            if number is None:
                raise
            raise _StopError(128 + number) from None
        return result

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit: 0 success, 1 data error, 2 usage error, 130 interrupted, 141 stdout closed by its reader."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        sys.exit(self._run(args, prog_name or "ctcalign", complete_var, extra))

    def _run(self, args: Sequence[str] | None, prog_name: str, complete_var: str | None, extra: dict[str, Any]) -> int:
        debug = _debugging() or "--debug" in (args or ())[:1]
        try:
            with warnings.catch_warnings():
                if not debug:
                    # ctcalign reports what concerns the user itself; warnings of other libraries are for developers.
                    warnings.simplefilter("ignore")
                status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
                return status if isinstance(status, int) else 0
        except click.Abort:
            return _report("interrupted", INTERRUPTED)
        except _StopError as stop:
            return _report("interrupted", INTERRUPTED) if stop.status == INTERRUPTED else stop.status
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return error.exit_code
        except click.ClickException as error:
            return _report(_usage_text(error), error.exit_code, debug)
        except CtcAlignError as error:
            line = error.for_command_line() if isinstance(error, OutputExistsError) else str(error)
            return _report(line, error.exit_code, debug)
        except ModuleNotFoundError as error:
            missing = missing_package(error)
            if missing is None:
                raise
            return _report(str(missing), missing.exit_code, debug)
        except MemoryError as error:
            detail = str(error) or "no detail given"
            return _report(f"out of memory ({detail}); try a smaller --max-memory or a shorter recording", 1, debug)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            return _report(f"{where}{error.strerror or error}", 1, debug)
        except Exception as error:  # code of the user's own may raise anything
            text = _known(error)
            if text is None:
                raise
            return _report(text, 1, debug)


def _known(error: Exception) -> str | None:
    """The line for an exception that is not a bug of ctcalign; None for any other."""
    if any(sign in str(error) for sign in _NO_MEMORY):
        return f"out of memory ({' '.join(str(error).split())[:200]}); try a smaller --max-memory or free some memory"
    if type(error).__name__ == "OutOfMemoryError" or any(sign in str(error) for sign in _NO_DEVICE_MEMORY):
        return f"the device is out of memory ({str(error).split('. ')[0]}); try a shorter --window or another --device"
    return raised_by_user(error)


def _usage_text(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "ctcalign"
    if isinstance(error, click.UsageError):
        return f"{error.format_message().rstrip('.')}; see '{path} --help'"
    return error.format_message()


def _report(text: str, status: int, debug: bool = False) -> int:
    if debug:
        traceback.print_exc()
    from ctcalign.cli.console import printable

    click.echo(f"ctcalign: error: {' '.join(printable(text).split())}", err=True)
    return status


@click.group(
    "ctcalign", cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="ctcalign")
@click.option("--debug", is_flag=True, help="Show the traceback of an error and the warnings of libraries.")
def commands(debug: bool) -> None:
    """Align long recordings with their captions, with any CTC speech recogniser.

    \b
      ctcalign align talk.mp4 talk.srt -o talk.vtt      correct times for captions and words
      ctcalign align talk.mp3 book.txt -o talk.json     a text without times, one caption per line
      ctcalign transcribe talk.mp4 -o talk.srt          without a text
      ctcalign convert talk.json talk.TextGrid          another format
      ctcalign plot talk.mp4 talk.json -o talk.png      a picture

    See `ctcalign COMMAND --help` for each command. Exit status: 0 success, 1 data error, 2 usage error.
    """


def _debugging() -> bool:
    return os.environ.get("CTCALIGN_DEBUG", "") not in ("", "0") or "--debug" in sys.argv[1:2]


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Excepthook: report a bug of ctcalign in one line, with the way to get its traceback."""
    if _debugging():
        sys.__excepthook__(kind, error, trace)
        return
    click.echo(
        f"ctcalign: error: unexpected {kind.__name__}: {' '.join(str(error).split())}; "
        "this is a bug in ctcalign: please report it with the output under CTCALIGN_DEBUG=1",
        err=True,
    )


def _silence_libraries() -> None:
    """Send descriptor 2 to the null device: decoders of damaged files write to it, whatever their settings.

    Python's `sys.stderr` and faulthandler keep a copy of the original descriptor: errors and crashes are still shown.
    """
    own = os.fdopen(os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = own
    faulthandler.enable(own)


def main() -> None:
    """Entry point of the `ctcalign` program."""
    if not _debugging():
        _silence_libraries()
    handle_signals()
    wait_passively()
    gc.set_threshold(50_000, 20, 50)  # objects live until the end: to look for cycles among them takes 2 % of the time
    sys.excepthook = _unexpected
    try:
        commands.main(prog_name="ctcalign")
    except KeyboardInterrupt:  # after the command, before `let_end`
        sys.exit(_report("interrupted", INTERRUPTED))
    finally:
        gc.freeze()  # else the interpreter looks for cycles among all objects at exit: 0.3 s with numba's
        let_end()
