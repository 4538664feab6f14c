"""Two drawings brought in line: what both have stands at one height, and what one lacks leaves room."""

from dataclasses import replace
from difflib import SequenceMatcher
from itertools import zip_longest

from clados.drawing.layout.joins import Add, Bypass, Fork, Spread
from clados.drawing.layout.links import Beside, Linked
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, InRow, Wire, walk

Two = tuple[Drawable, Drawable]


def aligned(old: Drawable, new: Drawable) -> Two:
    """Both nodes, as high as each other, and what is in both at one height."""
    one, other = _inside(old, new)
    height = max(one.extent.height, other.extent.height)
    return _as_high(one, height), _as_high(other, height)


def _as_high(node: Drawable, height: float) -> Drawable:
    """The node with room above it."""
    missing = height - node.extent.height
    return InColumn((node, Wire("", 0)), gap=missing) if missing > 0.01 else node


def _inside(old: Drawable, new: Drawable) -> Two:
    if isinstance(old, InColumn) and isinstance(new, InColumn) and old.down == new.down:
        return _columns(old, new)
    if isinstance(old, Framed) and isinstance(new, Framed):
        one, other = aligned(old.inner, new.inner)
        return replace(old, inner=one), replace(new, inner=other)
    if isinstance(old, Linked) and isinstance(new, Linked):
        one, other = aligned(old.inner, new.inner)
        return replace(old, inner=one), replace(new, inner=other)
    if isinstance(old, Beside) or isinstance(new, Beside):  # perhaps only one of them
        one, other = aligned(_bare(old), _bare(new))
        return _dressed(old, one), _dressed(new, other)
    if isinstance(old, Bypass) and isinstance(new, Bypass):
        one, other = aligned(old.branch, new.branch)
        return replace(old, branch=one), replace(new, branch=other)
    if isinstance(old, Add) and isinstance(new, Add):
        one, other = aligned(old.added, new.added)
        return replace(old, added=one), replace(new, added=other)
    if isinstance(old, Fork) and isinstance(new, Fork):
        (a, b), (c, d) = aligned(old.left, new.left), aligned(old.right, new.right)
        return replace(old, left=a, right=c), replace(new, left=b, right=d)
    if isinstance(old, InRow | Spread) and isinstance(new, InRow | Spread) and len(old.items) == len(new.items):
        pairs = [aligned(one, other) for one, other in zip(old.items, new.items)]
        return replace(old, items=tuple(a for a, _ in pairs)), replace(new, items=tuple(b for _, b in pairs))
    return old, new


def _bare(node: Drawable) -> Drawable:
    return node.inner if isinstance(node, Beside) else node


def _dressed(node: Drawable, inner: Drawable) -> Drawable:
    return replace(node, inner=inner) if isinstance(node, Beside) else inner


def _columns(old: InColumn, new: InColumn) -> Two:
    """Columns whose items of one name are in line."""
    ones, others = list(old.items), list(new.items)
    left: list[Drawable] = []
    right: list[Drawable] = []
    matcher = SequenceMatcher(None, [_name(each) for each in ones], [_name(each) for each in others], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            for one, other in zip(ones[a:b], others[c:d]):
                pair = aligned(one, other)
                left.append(pair[0])
                right.append(pair[1])
            continue
        for here, there in zip_longest(ones[a:b], others[c:d]):
            pair = aligned(here, there) if here and there else _alone(here, there)
            left.append(pair[0])
            right.append(pair[1])
    return replace(old, items=tuple(left)), replace(new, items=tuple(right))


def _alone(here: Drawable | None, there: Drawable | None) -> Two:
    """A node that only one side has, and room on the other."""
    if here is not None:
        return here, Wire("", here.extent.height)
    assert there is not None
    return Wire("", there.extent.height), there


def _name(node: Drawable) -> str:
    """What a node is called, for finding its like: its key's last words, or those of what is in it."""
    key = getattr(node, "key", "") or next((found for each in walk(node) if (found := getattr(each, "key", ""))), "")
    words = str(key).split(".")
    return f"{type(_bare(node)).__name__} {'.'.join(words[-2:])}" if not isinstance(node, Wire) else "wire"
