"""One-line messages for configuration errors; those of jsonargparse list every type that a value was compared with."""

from __future__ import annotations

import re

from ctcalign.errors import CtcAlignError

_TYPE = re.compile(r"Expected a (?:<class '(?P<name>[^']*)'>|typing\.Literal\[(?P<values>[^]]*)\])")
_KEY = re.compile(r'Parser key "([^"]*)":')
_GIVEN = re.compile(r"Given value: (.*)")
_LONGEST = 500


def one_line(error: BaseException) -> str:
    """The message of an error of the parser or of a class that was built from the configuration."""
    return own_message(error) or parser_message(str(error))


def own_message(error: BaseException | None) -> str | None:
    """Message of the CtcAlignError that another error was raised from, if there is one."""
    while error is not None:
        if isinstance(error, CtcAlignError):
            return str(error)
        error = error.__cause__ or error.__context__
    return None


def parser_message(text: str) -> str:
    """A message of jsonargparse, reduced to one line.

    If a value fits none of several types, only the reasons that say more than the name of a type are kept; if there
    are none, the types and the value.
    """
    keys = _KEY.findall(text)
    where = f"{keys[-1]}: " if keys else ""
    if "Union subtypes" not in text:
        lines = [line.strip(" -") for line in _KEY.sub("", text).splitlines() if line.strip(" -")]
        return (where + "; ".join(lines[:4]))[:_LONGEST]
    _, _, tried = text.partition("Errors:")
    tried, _, _ = tried.partition("Given value type:")
    reasons = [" ".join(item.split()) for item in re.split(r"^ *- ", tried, flags=re.MULTILINE) if item.strip()]
    telling = [_telling(reason) for reason in dict.fromkeys(reasons) if not _TYPE.fullmatch(reason)]
    if telling:
        return (where + "; ".join(dict.fromkeys(telling)))[:_LONGEST]
    types = [match["name"] or match["values"] for reason in reasons if (match := _TYPE.fullmatch(reason))]
    given = _GIVEN.search(text)
    got = f", got {given[1]}" if given else ""
    return (where + f"expected {' or '.join(_plain(name) for name in types)}{got}")[:_LONGEST]


def _telling(reason: str) -> str:
    named = re.fullmatch(r"Problem with given class_path '([^']*)': (.*)", reason)
    if named is not None:
        return f"{named[1]}: {named[2]}"
    return re.sub(r"Expected a dot import path string: (.*)", r"there is no class \1; give it with its module", reason)


def _plain(name: str) -> str:
    return {"NoneType": "null"}.get(name, name.rsplit(".", 1)[-1] if re.fullmatch(r"[\w.]+", name) else name)
