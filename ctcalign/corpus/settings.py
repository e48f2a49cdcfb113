"""What decides the results of a corpus, apart from its recordings and captions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ctcalign import __version__
from ctcalign.aligner.choices import Method
from ctcalign.aligner.division import Split
from ctcalign.aligner.options import AlignOptions
from ctcalign.extras import require
from ctcalign.files import max_text_size
from ctcalign.files.digests import digest_of, digest_of_file
from ctcalign.files.text_encoding import text_encoding
from ctcalign.formats.registry import format_of
from ctcalign.formats.shared.unspoken import Unspoken
from ctcalign.formats.subtitles.limits import SubtitleLimits, check_outputs
from ctcalign.models.precision import Precision

KALDI = "kaldi"


@dataclass(frozen=True, kw_only=True)
class CorpusSettings:
    """Settings of every alignment of a corpus.

    Attributes:
        model: name for `load_model`, not "auto".
        options, method, language, caption_format, split, precision, allow_noncommercial, adapt: see `ctcalign.align`.
        formats: names of output formats besides JSON; "kaldi" is one data directory of all recordings.
        unspoken, limits: of these outputs; see `ctcalign.formats.write`.
        encoding: of the caption files; None: recognised.
        text_size: bytes of the largest caption file; None: the usual limit.
    """

    model: str
    options: AlignOptions = field(default_factory=AlignOptions)
    method: Method = "global"
    language: str | None = None
    caption_format: str | None = None
    split: Split | None = None
    precision: Precision = "auto"
    allow_noncommercial: bool = False
    adapt: int = 0
    formats: tuple[str, ...] = ()
    unspoken: Unspoken = "keep"
    limits: SubtitleLimits | None = None
    encoding: str | None = None
    text_size: int | None = None

    def digest(self) -> str:
        """Digest of everything that the results depend on: settings, files of the model, and the version."""
        values = asdict(self)
        values["options"]["calibration"] = _content(self.options.calibration)
        return digest_of(_plain(values) | {"files": _model_files(self.model), "version": __version__})

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Read caption files as these settings say."""
        with contextlib.ExitStack() as stack:
            if self.encoding is not None:
                stack.enter_context(text_encoding(self.encoding))
            if self.text_size is not None:
                stack.enter_context(max_text_size(self.text_size))
            yield


def checked_formats(formats: tuple[str, ...], limits: SubtitleLimits | None) -> tuple[str, ...]:
    """Names of output formats besides JSON, each once.

    Raises:
        UsageError: an unknown one, or limits of subtitles without a subtitle format.
        MissingPackageError: one needs what is not installed.
    """
    names = {format_of("", name).name for name in formats}
    check_outputs(limits, sorted(names))
    require(*(package for name in names for package in format_of("", name).needs))
    return tuple(sorted(names - {"json"}))


def extension_of(format: str) -> str:
    """The extension of the files of an output format."""
    entry = format_of("", format)
    return entry.extensions[0] if entry.extensions else f".{entry.name}.txt"


def _model_files(model: str) -> dict[str, str]:
    """Digests of the files of a model that is given by a path."""
    path = Path(model.partition(":")[2])
    if not model.startswith(("checkpoint:", "onnx:", "hf:")) or not path.exists():
        return {}
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    return {str(one): digest_of_file(one) for one in files}


def _content(calibration: Any) -> Any:
    if not isinstance(calibration, str | Path):
        return None if calibration is None else repr(calibration)
    path = Path(calibration)
    return digest_of_file(path) if path.is_file() else str(calibration)


def _plain(value: Any) -> Any:
    """A JSON value: what JSON does not have is written as text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
