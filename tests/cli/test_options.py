"""Values of options: types that check their text, choices that are the library's, options objects from keywords."""

from __future__ import annotations

from dataclasses import dataclass, field

import click
import pytest
from click.testing import CliRunner

from ctcalign.aligner.confidence.published_scores import SCORES
from ctcalign.cli import COMMANDS, commands
from ctcalign.cli.options import Channel, MemorySize, split
from ctcalign.train.evaluation.decoding import DECODINGS


@pytest.mark.parametrize(
    ("text", "size"), [("800", 800), ("4G", 4 * 10**9), ("1.5GB", 15 * 10**8), (" 2 kib ", 2000), (".5m", 500_000)]
)
def test_a_memory_size_is_bytes(text, size):
    assert MemorySize().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "lots", "0", "-1G", "4P", "1e9", "9" * 20 + "G", "9" * 400, "0.1"])
def test_what_is_no_memory_size_is_refused(text):
    with pytest.raises(click.BadParameter, match="expected a size such as 800M or 4G"):
        MemorySize().convert(text, None, None)


@pytest.mark.parametrize(("text", "channel"), [("mix", "mix"), ("all", "all"), ("0", 0), ("12", 12)])
def test_a_channel_is_a_number_or_a_name(text, channel):
    assert Channel().convert(text, None, None) == channel


@pytest.mark.parametrize("text", ["left", "-1", "1.0", "²", "", "9" * 5_000])
def test_what_is_no_channel_is_refused(text):
    with pytest.raises(click.BadParameter, match="expected mix, all, or the number of a channel from 0"):
        Channel().convert(text, None, None)


def test_an_options_object_takes_its_fields_and_leaves_the_rest():
    @dataclass(frozen=True)
    class Options:
        window: float = 1.0
        names: tuple[str, ...] = ()
        costs: list[int] = field(default_factory=lambda: [1])

    options, rest = split(Options, {"window": 2.0, "device": "cpu"}, costs=[3])
    assert options == Options(2.0, (), [3])
    assert rest == {"device": "cpu"}


def choices(command: str, name: str) -> list[str]:
    with click.Context(commands) as context:
        loaded = commands.get_command(context, command)
    (option,) = [parameter for parameter in loaded.params if parameter.name == name]
    return list(option.type.choices)


def test_choices_are_those_of_the_library():
    assert choices("align", "score") == ["path", *SCORES, "confidence"]
    assert choices("evaluate", "decode") == list(DECODINGS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_tells_the_exit_statuses_or_takes_no_data(name):
    result = CliRunner().invoke(commands, [name, "--help"])
    text = " ".join(result.output.split())
    assert "Exit status: 0 success, 1 data error, 2 usage error." in text or name == "models"


def test_every_command_with_a_model_offers_precisions():
    with click.Context(commands) as context:
        loaded = [(name, commands.get_command(context, name)) for name in commands.list_commands(context)]
    options = {name: {text for item in command.params for text in item.opts} for name, command in loaded if command}
    with_model = [name for name, names in options.items() if "--model" in names]
    assert {"align", "transcribe", "search", "calibrate", "evaluate", "plot"} <= set(with_model)
    assert [name for name in with_model if "--precision" not in options[name]] == []
