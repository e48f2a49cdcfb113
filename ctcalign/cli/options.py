"""Types of option values, and the options that several commands have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ctcalign.audio.limits import MAX_DURATION
from ctcalign.models.precision import PRECISIONS
from ctcalign.text.tokeniser import ROMANISE

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from ctcalign.formats.shared.unspoken import Unspoken
    from ctcalign.formats.subtitles.limits import SubtitleLimits

F = TypeVar("F", bound=Callable[..., Any])
D = TypeVar("D", bound="DataclassInstance")

EXIT_STATUS = "Exit status: 0 success, 1 data error, 2 usage error."


def needs(extra: str) -> str:
    """The line of a help that says which packages a command needs beyond those of `pip install ctcalign`."""
    return f"Needs the extra `{extra}`: pip install 'ctcalign[{extra}]'."


_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class MemorySize(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """Bytes, written as "4G", "800M" or "1.5GB"."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"([0-9]*\.?[0-9]+) *([kmgt]?)i?b?", str(value).strip().lower())
        size = float(match[1]) * _UNITS[match[2]] if match is not None else 0.0
        if not 1 <= size < 1e18:
            self.fail(f"got {value!r}, expected a size such as 800M or 4G", param, ctx)
        return int(size)


class Channel(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """ "mix", "all" or the number of a channel."""

    name = "channel"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        if value in ("mix", "all"):
            return str(value)
        if not str(value).isdecimal() or len(str(value)) > 9:
            self.fail(f"got {value!r}, expected mix, all, or the number of a channel from 0", param, ctx)
        return int(value)


class Duration(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """Seconds, written as "5400", "90m" or "24h"."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"([0-9]*\.?[0-9]+) *([smh]?)", str(value).strip().lower())
        seconds = float(match[1]) * _SECONDS[match[2]] if match is not None else 0.0
        if not 0 < seconds < 1e12:
            self.fail(f"got {value!r}, expected a duration such as 5400, 90m or 24h", param, ctx)
        return seconds


@dataclass(frozen=True)
class ResultOptions:
    """Outputs of a command; the fields are the options of `result_options`.

    Attributes:
        outputs, formats: as given on the command line; see `ctcalign.cli.results.plan_results`.
        table: print the table of cues; None: if there is no output.
        overwrite: replace files that exist.
        quiet: print no progress, warnings or summary.
        unspoken: keep or drop cues that are not spoken.
        limits: of subtitle outputs.
    """

    outputs: tuple[str, ...]
    formats: tuple[str, ...]
    table: bool | None
    overwrite: bool
    quiet: bool
    unspoken: Unspoken = "keep"
    limits: SubtitleLimits | None = None


def split(kind: type[D], given: Mapping[str, Any], **more: Any) -> tuple[D, dict[str, Any]]:
    """An options object from the keywords of a command, and the keywords that are not among its fields.

    Args:
        kind: a dataclass.
        given: values of options by name. Fields that are not among them keep their defaults.
        more: further fields.
    """
    names = {field.name for field in fields(kind)}
    options = kind(**{name: value for name, value in given.items() if name in names}, **more)
    return options, {name: value for name, value in given.items() if name not in names}


def _check_language(language: str | None) -> str | None:
    from ctcalign.text.languages import check_language

    return check_language(language)


def _chosen_model(context: click.Context, parameter: click.Parameter, model: str) -> str:
    """The value of --model, or the fast model with --fast."""
    from ctcalign.models.registry import AUTO, FAST

    if not context.meta.get(_FAST):
        return model
    if model not in (AUTO, FAST):
        raise click.UsageError(f"--fast: is {FAST}, but --model is {model}; give one of them")
    return FAST


def _note_fast(context: click.Context, parameter: click.Parameter, fast: bool) -> None:
    context.meta[_FAST] = fast


_FAST = "ctcalign.fast"
_MODEL = (
    click.option(
        "--model",
        default="auto",
        show_default=True,
        metavar="NAME",
        callback=_chosen_model,
        help="Acoustic model; `ctcalign models` lists them. auto: builtin:en-robust (builtin:de-fr with --language de "
        "or fr), or builtin:en if little memory is free; torchaudio:, hf: and checkpoint: need an extra.",
    ),
    click.option(
        "--fast",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_note_fast,
        help="Use builtin:en: several times faster, less accurate with noise and accents.",
    ),
)


def model_option(function: F) -> F:
    """--model and --fast."""
    for option in reversed(_MODEL):
        function = option(function)
    return function


device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Device of the model: auto, cpu, cuda, cuda:1, mps.",
)
precision_option = click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="auto",
    show_default=True,
    help="Numeric precision of the model. auto: float32, or that of an ONNX file; int8: faster, for builtin:; "
    "bfloat16: for models that run in torch, if the hardware supports it.",
)
licence_option = click.option(
    "--allow-noncommercial", is_flag=True, help="Accept models whose licence forbids commercial use."
)
_TRUST = (
    click.option("--allow-commands", is_flag=True, help="Run shell commands that the cuts name as their audio."),
    click.option("--allow-remote", is_flag=True, help="Open URLs that the cuts name as their audio."),
)
language_option = click.option(
    "--language",
    metavar="CODE",
    callback=lambda context, parameter, language: _check_language(language),
    help="Language of the text, such as en, pt-BR or yue; numbers and signs are read in it.  [default: the model's]",
)
romanise_option = click.option(
    "--romanise",
    type=click.Choice(ROMANISE),
    default="auto",
    show_default=True,
    help="Transliterate words into Latin letters for the model; scripts other than Latin need the extra `text`.",
)
track_option = click.option(
    "--track",
    metavar="N|LANGUAGE",
    help="Audio track of a video: its number, counted from 0, or its language.  [default: the default track, or the "
    "first]",
)
recording_option = click.option(
    "--recording",
    metavar="ID",
    help="Recording to read from a caption file of several recordings (STM, CTM, Kaldi, lhotse).  [default: the name "
    "of AUDIO]",
)
max_duration_option = click.option(
    "--max-duration",
    type=Duration(),
    default=f"{MAX_DURATION / 3600:g}h",
    show_default=True,
    metavar="DURATION",
    help="Refuse longer recordings; in seconds, or such as 90m or 24h.",
)
format_option = click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Format of outputs without a known extension, such as '-'; `ctcalign convert --list` lists them.",
)


def _allow_text(context: click.Context, parameter: click.Parameter, size: int | None) -> None:
    if size is not None:
        from ctcalign.files import max_text_size

        context.with_resource(max_text_size(size))


def _use_encoding(context: click.Context, parameter: click.Parameter, encoding: str | None) -> None:
    if encoding is not None:
        from ctcalign.files.text_encoding import text_encoding

        context.with_resource(text_encoding(encoding))


def _limit_threads(context: click.Context, parameter: click.Parameter, count: int | None) -> None:
    if count is not None:
        from ctcalign.threads import threads_limited

        context.with_resource(threads_limited(count))


threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    expose_value=False,
    callback=_limit_threads,
    help="CPU threads of the model.  [default: OMP_NUM_THREADS, or all processors]",
)
text_size_option = click.option(
    "--max-text-size",
    type=MemorySize(),
    metavar="SIZE",
    expose_value=False,
    callback=_allow_text,
    help="Refuse larger caption files (size after unpacking), such as 200M.  [default: 256M, manifests 1G]",
)
encoding_option = click.option(
    "--encoding",
    metavar="NAME",
    expose_value=False,
    callback=_use_encoding,
    help="Encoding of the caption files, such as cp1251 or shift_jis.  [default: detected]",
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
unspoken_option = click.option(
    "--unspoken",
    type=click.Choice(("keep", "drop")),
    default="keep",
    show_default=True,
    help="What to do with captions that are not spoken: keep them if they have a time in the input and there is room, "
    "or drop them from all outputs except JSON.",
)


def _shown(name: str, text: str) -> Callable[[F], F]:
    """An option of seconds for the captions of subtitle files."""
    return click.option(
        name,
        type=click.FloatRange(min=0, max=60, max_open=True),
        default=0.0,
        metavar="SECONDS",
        help=f"{text}; in subtitle formats.  [default: 0]",
    )


_SUBTITLES = (
    click.option(
        "--max-line-length",
        type=click.IntRange(min=1),
        metavar="CHARACTERS",
        help="Longest line in subtitle formats. Longer captions are divided between words, with the times of the "
        "words.  [default: lines are not changed; 42 with --max-lines]",
    ),
    click.option(
        "--max-lines",
        type=click.IntRange(min=1),
        metavar="N",
        help="Most lines of a caption in subtitle formats.  [default: lines are not changed; 2 with --max-line-length]",
    ),
    click.option(
        "--max-cps",
        type=click.FloatRange(min=0, min_open=True),
        metavar="N",
        help="Highest reading speed in subtitle formats, in characters per second. Captions are shown longer if a "
        "pause follows; the others are listed in a warning.  [default: no limit]",
    ),
    _shown("--lead-in", "Show captions this long before their first word (usual: 0 to 0.2)"),
    _shown("--lead-out", "Show captions this long after their last word (usual: 0.5)"),
    _shown("--min-duration", "Show captions for at least this long if pauses allow it (usual: 0.833)"),
    _shown("--min-gap", "Smallest gap between captions (usual: 0.083, two frames of a film)"),
    _shown("--snap-gaps", "Reduce gaps up to this long to --min-gap (usual: 0.5)"),
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print no progress, warnings or summary.")

_EMISSION = (
    model_option,
    click.option(
        "--channel",
        type=Channel(),
        default="mix",
        show_default=True,
        metavar="mix|all|N",
        help="Mix the channels, align all of them separately, or use channel N, counted from 0.",
    ),
    track_option,
    max_duration_option,
    device_option,
    precision_option,
    threads_option,
    click.option(
        "--window",
        type=click.FloatRange(min=1.0),
        metavar="SECONDS",
        help="Length of the windows of audio that the model processes.  [default: depends on the model]",
    ),
    click.option(
        "--max-memory",
        type=MemorySize(),
        metavar="SIZE",
        help="Upper bound on memory, such as 4G or 800M.  [default: none; 2G for the search]",
    ),
    licence_option,
)
_RESULTS = (
    click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="PATH",
        help="Output file, with the format given by its extension; '-' is standard output; FOLDER/ needs --format. "
        "Repeatable.",
    ),
    format_option,
    click.option("--tokens", is_flag=True, help="Write token times as well (JSON, TextGrid)."),
    click.option(
        "--table/--no-table", default=None, help="Print a table of the cues.  [default: if there is no output]"
    ),
    overwrite_option,
    quiet_option,
)


def trust_options(command: F) -> F:
    """What cuts may do to get their audio: allow_commands, allow_remote."""
    return _decorated(command, _TRUST)


def emission_options(command: F, *, device: bool = True) -> F:
    """How the recording is processed: `EmissionOptions`, model, device, precision, allow_noncommercial."""
    return _decorated(command, tuple(option for option in _EMISSION if device or option is not device_option))


def result_options(command: F) -> F:
    """The fields of `ResultOptions`, and tokens."""
    return _decorated(command, _RESULTS)


def subtitle_options(command: F) -> F:
    """Limits of subtitle outputs: the keywords of `limits_from`."""
    return _decorated(command, _SUBTITLES)


def limits_from(given: dict[str, Any]) -> SubtitleLimits:
    """The values of `subtitle_options`, taken out of the keywords of a command."""
    from ctcalign.formats.subtitles.limits import SubtitleLimits

    names = (field.name for field in fields(SubtitleLimits))
    return SubtitleLimits(**{name: given.pop(name) for name in names})


def _decorated(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
