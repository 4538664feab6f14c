"""The picture of what imports what is that of the code, and draws all of it."""

import architecture
from architecture import PICTURE, drawn, imports, layers, picture, reduced


def test_the_picture_is_current() -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawn().svg, "the imports have changed: make pictures"


def test_every_folder_is_drawn_and_every_import_goes_down() -> None:
    graph, text = imports(), PICTURE.read_text(encoding="utf-8")
    folders = {each.name for each in (architecture.ROOT / "src" / "clados").iterdir() if any(each.glob("*.py"))}
    assert folders <= set(graph)
    assert all(f'data-id="{name}"' in text for name in graph)
    layer = layers(graph)
    assert all(layer[one] > layer[other] for one, others in graph.items() for other in others)


def test_an_import_that_follows_from_others_has_no_line() -> None:
    graph = {"a": frozenset("bcd"), "b": frozenset("cd"), "c": frozenset(), "d": frozenset()}
    assert reduced(graph) == {"a": frozenset("b"), "b": frozenset("cd"), "c": frozenset(), "d": frozenset()}
    drawing = picture(graph, ["c"])
    assert drawing.svg.count("<path") == 3
    assert drawing.data["a"] == ["b", "c", "d"]
