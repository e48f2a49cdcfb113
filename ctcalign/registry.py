"""Classes and functions that a configuration refers to: a registry of names, and the user's own import paths."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from ctcalign.errors import OwnCodeError, UsageError

F = TypeVar("F", bound=Callable[..., Any])


class Registry:
    """Classes and functions by name.

    A class is built with the options; a function gets them bound as keywords. A name with a colon is an import path,
    "my_module:my_property", and needs no registration.

    Attributes:
        kind: kind of the objects, for error messages.
        positional: number of positional arguments that a registered function is called with; options follow them.
    """

    def __init__(self, kind: str, positional: int) -> None:
        self.kind = kind
        self.positional = positional
        self._registered: dict[str, Callable[..., Any]] = {}

    def register(self, name: str) -> Callable[[F], F]:
        """Decorator that registers a class or function under a name.

        Registering the same definition again, as when its module is reloaded, replaces it.

        Raises:
            UsageError: the name belongs to another definition, is empty or has a colon.
        """
        if not name or ":" in name:
            raise UsageError(f"{self.kind}: {name!r} is not a valid name; it must not be empty or contain a colon")

        def keep(thing: F) -> F:
            known, where = self._registered.get(name), (thing.__module__, thing.__qualname__)
            if known is not None and (known.__module__, known.__qualname__) != where:
                raise UsageError(f"{self.kind}: the name {name!r} is taken by {known.__module__}.{known.__qualname__}")
            self._registered[name] = thing
            return thing

        return keep

    def names(self) -> list[str]:
        """All registered names, sorted."""
        return sorted(self._registered)

    def find(self, name: str) -> Callable[..., Any]:
        """The class or function of a name or import path.

        Raises:
            UsageError: unknown name, or a path that cannot be imported.
        """
        if not isinstance(name, str):
            raise UsageError(f"{self.kind}: expected a name, got {type(name).__name__}")
        if ":" in name:
            return self._imported(name)
        if name not in self._registered:
            close = difflib.get_close_matches(name, self.names(), 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise UsageError(
                f"{self.kind}: {name!r} is not known, expected one of {', '.join(self.names())}, "
                f'or your own "module:name"{hint}'
            )
        return self._registered[name]

    def build(self, name: str, options: Mapping[str, Any]) -> Any:
        """Build the object of a name.

        Raises:
            UsageError: unknown name, or options that it does not take.
        """
        thing = self.find(name)
        try:
            signature = inspect.signature(thing)
        except ValueError as error:  # a type written in C may have none
            raise UsageError(f"{self.kind} {name!r}: {error}; expected a function or class in Python") from error
        before = () if inspect.isclass(thing) else (None,) * self.positional
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
                f"{self.kind}: {path!r} cannot be imported: {error}; expected module:name, importable from the working "
                "folder or PYTHONPATH"
            ) from error
        except Exception as error:  # the user's module may raise anything when it is imported
            raise OwnCodeError(
                f"{self.kind}: {path!r} cannot be imported: {type(error).__name__}: {error}; repair the module"
            ) from error
        if not callable(thing):
            raise UsageError(f"{self.kind}: {path!r} is a {type(thing).__name__}, expected a function or class")
        found: Callable[..., Any] = thing
        return found
