"""What needs torch, brought in when a page first asks for it: nothing of it is imported by the pages themselves."""

import importlib
import threading
from typing import Any

from clados.errors import missing

_ONE = threading.Lock()  # one page at a time computes: more would only wait for each other


def computed(place: str, /, *args: Any, **kwargs: Any) -> Any:
    """What a function that needs torch says, named as ``package.module:function``.

    Raises:
        MissingPackageError: when torch is not installed; says how it is.
        CladosError: whatever it raises.
    """
    module, _, function = place.partition(":")
    with _ONE:
        try:
            return getattr(importlib.import_module(module), function)(*args, **kwargs)
        except ModuleNotFoundError as error:
            raise missing(error) from error
