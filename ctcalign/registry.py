"""Things that a configuration names: a registry, and import paths of the user's own."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from ctcalign.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


class Registry:
    """Classes and functions by name.

    A class is built with the options; a function gets them bound as keywords. A name with a colon is an import path,
    "my_module:my_property", and needs no registration.

    Attributes:
        kind: what is named, for the messages.
        homes: the built-in names and the module that registers each; it is imported when the name is asked for.
        given: how many positional arguments a registered function is called with; options come after them.
    """

    def __init__(self, kind: str, homes: Mapping[str, str], given: int) -> None:
        self.kind = kind
        self.homes = dict(homes)
        self.given = given
        self._found: dict[str, Callable[..., Any]] = {}

    def register(self, name: str) -> Callable[[F], F]:
        """Decorator that gives a class or function its name. The same name twice is an error, but for a module that
        is loaded again.

        Raises:
            UsageError: the name is taken, is empty or has a colon.
        """
        if not name or ":" in name:
            raise UsageError(f"{self.kind}: {name!r} is no name; it must not be empty or have a colon")

        def keep(thing: F) -> F:
            known, where = self._found.get(name), (thing.__module__, thing.__qualname__)
            if known is not None and (known.__module__, known.__qualname__) != where:
                raise UsageError(f"{self.kind}: the name {name!r} is taken by {known.__module__}.{known.__qualname__}")
            self._found[name] = thing
            return thing

        return keep

    def names(self) -> list[str]:
        """All names known so far."""
        return sorted({*self.homes, *self._found})

    def find(self, name: str) -> Callable[..., Any]:
        """The class or function of a name or import path.

        Raises:
            UsageError: there is none.
        """
        if ":" in name:
            return self._imported(name)
        if name not in self._found and name in self.homes:
            import_module(self.homes[name])
        if name not in self._found:
            close = difflib.get_close_matches(name, self.names(), 1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise UsageError(
                f"{self.kind}: {name!r} is not known; {hint}There are {', '.join(self.names())}, "
                'or "module:name" of your own'
            )
        return self._found[name]

    def build(self, name: str, options: Mapping[str, Any]) -> Any:
        """Build what a name stands for.

        Raises:
            UsageError: no such name, or options that it does not take.
        """
        thing = self.find(name)
        try:
            signature = inspect.signature(thing)
        except ValueError as error:  # a type written in C may have none
            raise UsageError(f"{self.kind} {name!r}: {error}; expected a function or class in Python") from error
        before = () if inspect.isclass(thing) else (None,) * self.given
        try:
            signature.bind(*before, **options)
        except TypeError as error:
            takes = list(signature.parameters)[len(before) :]
            raise UsageError(f"{self.kind} {name!r}: {error}; it takes {', '.join(takes) or 'no options'}") from error
        return thing(**options) if inspect.isclass(thing) else partial(thing, **options) if options else thing

    def _imported(self, path: str) -> Callable[..., Any]:
        module, _, attribute = path.partition(":")
        try:
            thing = getattr(import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            raise UsageError(
                f"{self.kind}: {path!r} cannot be imported: {error}; expected module:name, found from the working "
                "folder or PYTHONPATH"
            ) from error
        if not callable(thing):
            raise UsageError(f"{self.kind}: {path!r} is a {type(thing).__name__}, expected a function or class")
        found: Callable[..., Any] = thing
        return found
