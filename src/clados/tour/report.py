"""The report: one HTML file that needs nothing else, neither network nor script."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from clados import spec as s
from clados.catalog.card import Card
from clados.catalog.load import catalog
from clados.catalog.schema import ATTRIBUTES
from clados.catalog.sentences import brief
from clados.drawing import bars, surveyed, tree_figure
from clados.drawing.architecture.figure import architecture_figure
from clados.drawing.treemap import params_by_kind
from clados.html import Child, Html, el
from clados.objectives import task
from clados.reports.curves import Curve, large_curve, measured_points
from clados.reports.page import card_grid, duration, report_table, whole_page
from clados.reports.run import REPORT
from clados.reports.samples import chance_bars, shown_samples
from clados.tour.shown import ladder
from clados.tour.stops import Stop

_TITLE = "Three Transformers, from card to trained model"
_LEAD = (
    "Each was sized down from its declaration, trained with its own objective on the embedded text, "
    "and measured on documents that it never saw."
)


_MARKS_COUNT = el("p", "In training the marks of removed spans count, too, which are soon learned.", class_="faint")


def report(stops: Mapping[str, Stop]) -> str:
    """The whole page.

    Args:
        stops: the trained models, by id, in order.
    """
    tree = tree_figure(surveyed(catalog().values()), set(stops)).svg
    links = [el("a", each.card.name, href=f"#{name}") for name, each in stops.items()]
    return whole_page(
        _TITLE,
        el("h1", _TITLE),
        el("p", _LEAD, class_="lead"),
        card_grid([_card_of(each) for each in stops.values()]),
        el("nav", links, el("a", "Family tree", href="#tree"), aria_label="Models"),
        (_section(name, each) for name, each in stops.items()),
        el("h2", "Where they stand in the family tree", id="tree"),
        _wide("Family tree", tree),
        _figures([*stops.values()]),
    )


def _wide(label: str, svg: str) -> Html:
    """A picture that keeps its size on a phone, where it is moved sideways."""
    return el("div", Html(svg), class_="scroll broad", role="region", tabindex=0, aria_label=label)


def _card_of(stop: Stop) -> list[Child]:
    """A model in short: what it has learned beyond how often words occur, and how far it came."""
    learned, plan = stop.learned, stop.plan
    params = s.count_parameters(plan.model).total
    speeds = [entry["tokens_per_second"] for entry in learned.entries if "tokens_per_second" in entry]
    way = "better" if stop.margin >= 0 else "worse"
    baselines = {name: learned.baseline[name] for name in ("unigram", "bigram")}
    pace = f"{duration(learned.seconds)}, {median(speeds):,.0f} tokens a second"
    return [
        el("h3", stop.card.name),
        el("p", f"{abs(stop.margin):.2f} nat", class_="big"),
        el("p", f"a token {way} than guessing by how often each occurs", class_="faint"),
        ladder(learned.start, learned.end, baselines),
        el("p", f"{params:,} parameters, {plan.run.steps:,} steps, {pace}", class_="faint"),
    ]


def _section(name: str, stop: Stop) -> list[Child]:
    small, full = stop.plan.model, stop.published
    kinds = f"{stop.card.values['architecture']}, {brief(stop.plan.stage.objective).partition(' (')[0]}"
    ledgers = {f"{stop.card.id} as published": params_by_kind(full), "as trained here": params_by_kind(small)}
    return [
        el("h2", f"{stop.card.name}: {kinds}", id=name),
        el("p", str(stop.card.values["extension"]), class_="lead"),
        shown_samples([stop.example, *stop.samples], "h3"),
        el("h3", "How it learned"),
        large_curve(_loss(stop)),
        _MARKS_COUNT if _has_marks(stop) else None,
        el("p", "All curves of the run, and how it is made again: ", el("code", f"{name}/{REPORT}"), class_="faint"),
        el("h3", "How often it is right"),
        card_grid([*_right(stop)]),
        el("h3", "What it is made of"),
        _wide(f"{stop.card.name} as trained here", architecture_figure(small, f"{name} as trained here").svg),
        _wide(
            "Parameters by kind of part", bars.stacked_bars(ledgers, name="Parameters by kind of part", share=True).svg
        ),
        el("details", el("summary", "What is known of it"), _known(stop.card)),
    ]


def _loss(stop: Stop) -> Curve:
    """The part of the loss that its baselines are of."""
    one = task(stop.plan.stage.objective)
    series = measured_points(stop.learned.entries, "loss", one.main_loss)
    baselines = {name: stop.learned.baseline[name] for name in ("unigram", "bigram")}
    return Curve("Loss of words", "nats a token", series, baselines)


def _has_marks(stop: Stop) -> bool:
    """Whether marks stand for what is removed, which are learned, too, and easily."""
    return any(mark == "sentinel" for _, row in stop.example.sides for _, mark, _ in row)


def _right(stop: Stop) -> Iterator[list[Child]]:
    """The share of answers that are right, beside that of an answer that is always the same."""
    measure, measures = stop.measure, stop.learned.measures
    yield _shares(
        f"Right at the first guess, of {measure.number:,} answers", measure.value, measure.beside, measure.trivial
    )
    if "nsp_accuracy" in measures:  # the second part of BERT's objective
        constant = max(measures["nsp_follows"], 1 - measures["nsp_follows"])
        title = "Whether the second segment follows the first"
        yield _shares(title, measures["nsp_accuracy"], "the more frequent answer", constant)


def _shares(title: str, share: float, beside: str, trivial: float) -> list[Child]:
    return [el("h3", title), chance_bars([("the model", share), (beside, trivial)], kind="bar said")]


def _figures(stops: Sequence[Stop]) -> Html:
    """What the cards show, in figures."""
    heads = ("model", "parameters", "steps", "start", "bigram", "unigram", "end", "under the unigram entropy by")
    rows = []
    for each in stops:
        guesses = [each.learned.baseline[name] for name in ("bigram", "unigram")]
        losses = [each.learned.start, *guesses, each.learned.end, each.margin]
        counts = (f"{s.count_parameters(each.plan.model).total:,}", f"{each.plan.run.steps:,}")
        rows.append((each.card.name, *counts, *(f"{loss:.3f}" for loss in losses)))
    note = (
        "Nats a token on held-out documents, with the model's own tokenizer; the unigram and the interpolated "
        "Kneser-Ney bigram are guesses without a model. A model that sees both sides of a gap answers another "
        "question than the bigram does: only the left-to-right one may be compared with it."
    )
    table = report_table("In figures", heads, rows)
    return el("details", el("summary", "In figures"), table, el("p", note, class_="faint"))


def _known(card: Card) -> list[Child]:
    rows = [
        (name.replace("_", " "), _plain(value.value), value.mark, value.source)
        for name, value in card.values.items()
        if name in ATTRIBUTES
    ]
    errata = [
        (each.attribute, each.kind, f"“{each.survey}”" * bool(each.survey), each.fact, each.source)
        for each in card.tables.errata
    ]
    heads = ("attribute", "kind", "the survey has", "fact", "source")
    found = [el("h3", "Beside the survey"), report_table("Beside the survey", heads, errata)] if errata else []
    return [report_table("What is known of it", ("attribute", "value", "kind", "source"), rows), *found]


def _plain(value: object) -> str:
    several = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"{each:,}" if isinstance(each, int) else str(each) for each in several)
