"""The numbers of a card: every published size beside what is counted, and the ledger of one."""

from collections.abc import Iterator

from clados.catalog.card import Card, CardSize, Value
from clados.catalog.counts import Counted, count_size, ledger
from clados.catalog.sizes import model_of
from clados.catalog.structure import training_compute
from clados.catalog.texts import shape_text, size_figure
from clados.drawing.treemap import treemap_figure
from clados.html import Child, Html, el, html_of
from clados.web.configs import config_names, config_path, sizes_with_config
from clados.web.request import PageRequest
from clados.web.views.parts import assumed_said, evidence, picture, table


def counts_section(asked: PageRequest, card: Card) -> list[Html] | None:
    """Every size: its figure as printed, its count to the unit, how they agree, its shape; then what training took."""
    say = asked.say
    heads = ("size", "published", "counts", "computed", "of the reference", "agreement", "shape")
    rows = [row for size in card.sizes for row in _size(asked, card, size)]
    if not rows:
        return None
    shown = [table([say(each) for each in heads], rows, figures=(3, 4), name="counts", label=say("sizes"), told=True)]
    trained = [_trained(asked, size, flops) for size in card.sizes if (flops := _flops(card, size)) or size.tokens]
    if trained:
        label = say("Tokens seen in training, and floating-point operations")
        seen = [say(each) for each in ("size", "tokens", "FLOPs")]
        shown += [el("h3", label), table(seen, trained, name="trained", label=label)]
    if configs := [*_configs(asked, card)]:
        shown += configs
    elif not asked.live and sizes_with_config(card):
        shown.append(el("p", say("config.json of no size: these pages were written without torch."), class_="lead"))
    return shown


def _configs(asked: PageRequest, card: Card) -> Iterator[Html]:
    """Links to the config.json of each size; of a pipeline to its several files, a line for each size."""
    kept = sizes_with_config(card)
    names = config_names(card) if kept else [""]

    def link(text: str, size: CardSize, name: str) -> Html:
        file = name.replace("/", "-")  # several parts have a config.json
        return el("a", text, href=asked.top + config_path(card, size, name), download=file)

    sizes = [size for size in kept if asked.live or config_path(card, size, names[0]) in asked.site.configs]
    if len(names) == 1 and sizes:
        links = [link(size.name, size, names[0]) for size in sizes]
        yield el("p", el("span", asked.say("config.json of")), links, class_="files")
    elif sizes:
        for size in sizes:
            links = [link(name, size, name) for name in names]
            yield el("p", el("span", asked.say("Files of {size}", size=size.name)), links, class_="files")


def _size(asked: PageRequest, card: Card, size: CardSize) -> Iterator[list[Child]]:
    first = True
    for row in count_size(card, size):
        name: Child = [size.name, " ", el("span", asked.say("headline"), class_="badge") if size.headline else None]
        mark = evidence(asked.say, size.label)
        label: Child = [size_figure(size), " ", mark] if size.label.known else mark
        numbers = [_number(row.total), _number(row.exact)]
        basis, shape = asked.say.phrase(row.basis), assumed_said(asked.say, shape_text(size)) if first else ""
        yield [name, label if first else "", basis, *numbers, _why(asked, row), shape]
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
    return [asked.say.phrase(row.why), " ", marked]


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
