"""The numbers of a card: every published size beside what is counted, and the ledger of one."""

from collections.abc import Iterator

from clados.catalog.card import Card, CardSize, Value
from clados.catalog.counts import Counted, count_size, ledger
from clados.catalog.sizes import model_of
from clados.catalog.structure import training_compute
from clados.catalog.texts import shape_text, size_figure
from clados.drawing.treemap import treemap_figure
from clados.html import Child, Html, el, html_of
from clados.web.configs import config_path, sizes_with_config
from clados.web.request import PageRequest
from clados.web.views.parts import evidence, picture, table


def counts_section(asked: PageRequest, card: Card) -> list[Html] | None:
    """Every size: its figure as printed, its count to the unit, how they agree, its shape; then what training took."""
    say = asked.say
    heads = ("size", "published", "counts", "computed", "of the reference", "agreement", "shape")
    rows = [row for size in card.sizes for row in _size(asked, card, size)]
    if not rows:
        return None
    shown = [table([say(each) for each in heads], rows, figures=(3, 4), name="counts", label=say("sizes"))]
    trained = [_trained(asked, size, flops) for size in card.sizes if (flops := _flops(card, size)) or size.tokens]
    if trained:
        label = say("Tokens seen in training, and floating-point operations")
        seen = [say(each) for each in ("size", "tokens", "FLOPs")]
        shown += [el("h3", label), table(seen, trained, name="counts", label=label)]
    if configs := [*_configs(asked, card)]:
        shown.append(el("p", el("span", say("config.json of")), configs, class_="files"))
    elif not asked.live and sizes_with_config(card):
        shown.append(el("p", say("config.json of no size: these pages were written without torch."), class_="lead"))
    return shown


def _configs(asked: PageRequest, card: Card) -> Iterator[Html]:
    """A link to the config.json of each size that has one."""
    for size in sizes_with_config(card):
        path = config_path(card, size)
        if asked.live or path in asked.site.configs:
            yield el("a", size.name, href=asked.top + path, download="config.json")


def _size(asked: PageRequest, card: Card, size: CardSize) -> Iterator[list[Child]]:
    first = True
    for row in count_size(card, size):
        name: Child = [size.name, " ", el("span", asked.say("headline"), class_="badge") if size.headline else None]
        label: Child = [size_figure(size), " ", evidence(asked.say, size.label)]
        numbers = [_number(row.total), _number(row.exact)]
        yield [name, label if first else "", row.basis, *numbers, _why(asked, row), shape_text(size) if first else ""]
        first = False


def _flops(card: Card, size: CardSize) -> Value | None:
    found = training_compute(card, size)
    return found if found and found.known else None


def _trained(asked: PageRequest, size: CardSize, flops: Value | None) -> list[Child]:
    return [size.name, _figure(asked, size.tokens), _figure(asked, flops)]


def _figure(asked: PageRequest, value: Value | None) -> Child:
    if value is None or not value.known:
        return "–"
    number = value.items[0]
    return [f"{number:,}" if isinstance(number, int) else f"{number:.3g}", " ", evidence(asked.say, value)]


def _number(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _why(asked: PageRequest, row: Counted) -> Child:
    marked = el("span", asked.say("shape assumed"), class_="badge amber") if row.assumed else None
    return [row.why, " ", marked]


def ledger_section(asked: PageRequest, card: Card, size: CardSize) -> Html:
    """Every tensor of a size, those of layers that repeat in one row; they sum to the total."""
    say = asked.say
    lines = ledger(model_of(card, size))
    total = sum(each.total for each in lines)
    rows: list[list[Child]] = [
        [
            el("code", each.path),
            " × ".join(map(str, each.shape)) or "1",
            f"× {each.times}" if each.times > 1 else "",
            f"{each.total:,}",
            f"{each.total / total:.1%}" if total else "",
        ]
        for each in lines
    ]
    rows.append([say("total"), "", "", f"{total:,}", ""])
    heads = [say(each) for each in ("tensor", "shape", "layers", "parameters", "share")]
    summary = say(
        "{number} tensors, {total} parameters of {size}",
        number=sum(each.times for each in lines),
        total=f"{total:,}",
        size=size.name,
    )
    tensors = table(heads, rows, figures=(1, 2, 3, 4), name="ledger", label=say("Ledger"))
    return html_of([_treemap(card, size) if total else None, el("details", el("summary", summary), tensors)])


def _treemap(card: Card, size: CardSize) -> Html:
    """The parts, each as large as its share; its style is that of the drawing above it."""
    svg, _ = picture(treemap_figure(model_of(card, size), f"{card.id}:{size.name}").svg)
    return el("figure", svg, class_="canvas", tabindex=0)
