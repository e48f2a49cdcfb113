"""Properties by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.objectives.properties.base import Property
from ctcalign.registry import Registry

_PROPERTIES = Registry(
    "property",
    {
        "joint": "ctcalign.objectives.properties.joint",
        "low_latency": "ctcalign.objectives.properties.latency",
        "minimum_cer": "ctcalign.objectives.properties.wer",
        "minimum_wer": "ctcalign.objectives.properties.wer",
    },
    given=2,
)
register_property = _PROPERTIES.register


def property_names() -> list[str]:
    """Names that `build_property` knows."""
    return _PROPERTIES.names()


def build_property(name: str | Mapping[str, Any] | Callable[..., Any], **options: Any) -> Property:
    """Build a property from a configuration.

    Args:
        name: "low_latency", "minimum_wer", "minimum_cer", "joint", a name given with `register_property`,
            "module:function" of the user's own, a mapping of "name" and options, or a property, which is returned.
        options: what its constructor takes, or keywords of the function.
    Raises:
        UsageError: no such name or option.
    """
    if isinstance(name, Mapping):
        if not isinstance(name.get("name"), str):
            raise UsageError(f"property: expected a mapping with a name, got {dict(name)}")
        return build_property(name["name"], **{**{key: name[key] for key in name if key != "name"}, **options})
    if not isinstance(name, str):
        if not callable(name) or options:
            raise UsageError(f"property: expected a name, a mapping or a property without options, got {name!r}")
        return name
    built: Property = _PROPERTIES.build(name, options)
    if not callable(built):
        raise UsageError(f"property: {name!r} is a {type(built).__name__} that cannot be called with a path")
    return built
