"""Groups of flags that several commands have: declared once, handed over as one value."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

#: Stands where a group's value comes, so that flags before and after it may have defaults.
GIVEN: Any = None


def takes(**builders: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the flags of functions that build a value of them, in the place of that parameter.

    `@takes(recipe=build)` on `command(path, recipe, quiet)` is a command with path, the flags that `build`
    has as parameters, and quiet; `recipe` is what `build` returns.
    """

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        groups = {
            name: inspect.signature(build, eval_str=True).parameters for name, build in builders.items()
        }
        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            parameters += groups.get(parameter.name, {parameter.name: parameter}).values()

        @functools.wraps(command)
        def run(**given: Any) -> None:
            for name, build in builders.items():
                given[name] = build(**{flag: given.pop(flag) for flag in groups[name]})
            command(**given)

        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return wrap
