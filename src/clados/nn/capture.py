"""capture: what modules inside a model gave, by name, while a block of code runs."""

import fnmatch
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from clados.spec import SpecError
from clados.spec.core.part import hint


@contextmanager
def capture(model: nn.Module, *patterns: str) -> Iterator[dict[str, Tensor]]:
    """Keep the output of every module whose name fits one: ``with capture(model, "stack.blocks.*") as states: ...``.

    Yields:
        A dictionary that fills as the model runs: name to tensor, detached from nothing.

    Raises:
        SpecError: when no module fits a pattern, with the nearest name.
    """
    names = {name: module for name, module in model.named_modules() if name}
    for pattern in patterns:
        if not any(_fits(name, pattern) for name in names):
            raise SpecError(f"capture: no module fits '{pattern}'{hint(pattern, names)}")
    fitting = {name: each for name, each in names.items() if any(_fits(name, pattern) for pattern in patterns)}
    seen: dict[str, Tensor] = {}

    def keeper(name: str) -> Any:
        def keep(module: nn.Module, given: Any, output: Any) -> None:
            seen[name] = output[0] if isinstance(output, tuple) else output

        return keep

    hooks = [module.register_forward_hook(keeper(name)) for name, module in fitting.items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _fits(name: str, pattern: str) -> bool:
    """``*`` is one piece of a name."""
    pieces, wanted = name.split("."), pattern.split(".")
    return len(pieces) == len(wanted) and all(map(fnmatch.fnmatchcase, pieces, wanted))
