"""Sizes of a config against the tensors beside it, before anything is built of them."""

from collections.abc import Iterator, Mapping
from math import prod

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.detect import layouts
from clados.checkpoints.mapping.dialects import FlatConfig
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.names import expanded
from clados.checkpoints.mapping.values import each_of
from clados.spec.layout import KeyRule

SHARED = 256  # layers of models that use few tensors again and again
SMALL_FIELDS = 2**16  # widths that cost nothing: where these do not fit, the report names the tensors


def check_sizes(config: FlatConfig, found: Mapping[str, LazyTensor]) -> None:
    """Refuse more layers than there are tensors, and widths beyond the largest of them.

    Raises:
        LayoutError: for these.
    """
    largest = max((prod(each.shape) for each in found.values()), default=0)
    for key, how in _mapped(config):
        value = config[key]
        paths = expanded(how if isinstance(how, str) else how.path)
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        if any(path.endswith(".layers") for path in paths) and value > max(len(found), SHARED):
            raise LayoutError(f"'{key}' is {value}; the files hold {len(found)} tensors, not one for each layer")
        if any(_is_size(path) for path in paths) and value > max(largest, SMALL_FIELDS):
            raise LayoutError(f"'{key}' is {value}; the largest tensor of the files has {largest} numbers")


def _mapped(config: FlatConfig) -> Iterator[tuple[str, str | KeyRule]]:
    """Each key of a config that a layout of its type maps, and how."""
    for _, layout, _ in layouts():
        if layout.model_type == config.get("model_type"):
            keys = ((key, how) for key, said in layout.config.items() for how in each_of(said))
            yield from ((key, how) for key, how in keys if key in config)


def _is_size(path: str) -> bool:
    return path.startswith(("size.", "sides.")) or path.endswith(("vocab.size", "position.length"))
