"""Classes and functions by name: registration, building with options, import paths, and errors in a configuration."""

from __future__ import annotations

import pytest

from ctcalign.errors import UsageError
from ctcalign.registry import Registry


@pytest.fixture
def registry() -> Registry:
    found = Registry("animal", positional=1)

    @found.register("cat")
    class Cat:
        def __init__(self, lives: int = 9) -> None:
            self.lives = lives

    @found.register("bark")
    def bark(name: str, times: int = 1) -> str:
        return f"{name}: {'wuff ' * times}".strip()

    return found


def test_a_class_is_built_and_a_function_gets_its_options_bound(registry):
    assert registry.names() == ["bark", "cat"]
    assert registry.build("cat", {"lives": 7}).lives == 7
    assert registry.build("bark", {"times": 2})("Rex") == "Rex: wuff wuff"
    assert registry.build("bark", {})("Rex") == "Rex: wuff"


def test_an_import_path_needs_no_registration(registry):
    assert registry.build("string:capwords", {"sep": "-"})("a-b") == "A-B"


def test_the_same_definition_can_be_registered_again_but_not_another(registry):
    bark = registry.find("bark")
    registry.register("bark")(bark)  # as when its module is reloaded
    with pytest.raises(UsageError, match="animal: the name 'bark' is taken by tests"):
        registry.register("bark")(lambda name: name)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("car", {}, r"animal: 'car' is not known, expected one of bark, cat, or .*; did you mean 'cat'\?"),
        ("cat", {"live": 1}, "animal 'cat': got an unexpected keyword argument 'live'; it takes lives"),
        ("bark", {"name": "Rex"}, "multiple values for argument 'name'; it takes times"),
        ("no_such_module:cat", {}, "'no_such_module:cat' cannot be imported"),
        ("math:pi", {}, "'math:pi' is a float, expected a function or class"),
        ("builtins:dict", {}, "expected a function or class in Python"),
    ],
)
def test_invalid_names_and_options(registry, name, options, message):
    with pytest.raises(UsageError, match=message) as caught:
        registry.build(name, options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a:b"])
def test_names_without_characters_or_with_a_colon_are_invalid(registry, name):
    with pytest.raises(UsageError, match="is not a valid name"):
        registry.register(name)
