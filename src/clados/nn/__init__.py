"""DO: parts to modules. ``build`` makes a working model of any declaration, at any size."""

import importlib
import pkgutil

from clados.nn.core.context import Cache
from clados.nn.core.module import Module, builds, module
from clados.nn.init import draw_weights
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.make import build

__all__ = ["Cache", "Module", "Output", "WholeModel", "build", "builds", "draw_weights", "module"]

for _found in pkgutil.walk_packages(__path__, f"{__name__}."):  # what builds parts registers itself
    importlib.import_module(_found.name)
