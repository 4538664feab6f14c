"""What each kind of part and of model looks like: registered by its type, a child as its parent.

``drawer`` has both registers, ``words`` of what a box says and ``drawn`` of nodes; ``figure`` draws a model.
"""

import importlib
import pkgutil

for _found in pkgutil.walk_packages(__path__, f"{__name__}."):  # what draws parts registers itself
    importlib.import_module(_found.name)
