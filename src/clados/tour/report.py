"""The report: one HTML file that needs nothing else, neither network nor script."""

from collections.abc import Mapping, Sequence
from html import escape
from statistics import median

from clados import spec as s
from clados.catalog.card import Card
from clados.catalog.load import catalog
from clados.catalog.schema import ATTRIBUTES
from clados.drawing import bars, curve, surveyed, tree_figure
from clados.drawing.architecture.figure import architecture_figure
from clados.drawing.architecture.outline import ledger_parts
from clados.objectives import task
from clados.tour.shown import SHOWN_STYLE, guess_row, ladder, sample_cards
from clados.tour.stops import Stop

STYLE = """
:root{color-scheme:light dark;--ink:#1f2328;--faint:#57606a;--paper:#fff;--rule:#d0d7de;--good:#1a7f37}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#9198a1;--paper:#0d1117;--rule:#3d444d;--good:#3fb950}}
body{font:15px/1.5 system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;color:var(--ink);background:var(--paper);
max-width:1160px;margin:0 auto;padding:24px}
h1{font-size:28px;margin:0 0 4px}h2{font-size:22px;margin:48px 0 8px;border-top:1px solid var(--rule);padding-top:24px}
h3{font-size:16px;margin:24px 0 8px}p{margin:8px 0;max-width:75ch}.faint{color:var(--faint)}
.good{color:var(--good);font-weight:600}
figure{margin:12px 0;overflow-x:auto}svg{max-width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;vertical-align:top;
padding:5px 10px 5px 0;border-bottom:1px solid var(--rule)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
nav a{margin-right:14px}summary{cursor:pointer;font-weight:600;margin:16px 0 8px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:14px;margin:14px 0}
.cards article{border:1px solid var(--rule);border-radius:10px;padding:14px 16px}
.cards h3{margin:0}.big{font-size:26px;font-weight:650;margin:4px 0 0;line-height:1.2}
"""


def report(stops: Mapping[str, Stop]) -> str:
    """The whole page.

    Args:
        stops: the trained models, by id, in order.
    """
    tree = tree_figure(surveyed(catalog().values()), set(stops)).svg
    body = [
        "<h1>Three Transformers, from card to trained model</h1>",
        "<p class=faint>Each was sized down from its declaration, trained with its own objective on the embedded text, "
        "and measured on documents that it never saw.</p>",
        f"<nav>{''.join(f'<a href=#{name}>{escape(each.card.name)}</a>' for name, each in stops.items())}"
        "<a href=#tree>Family tree</a></nav>",
        _summary([*stops.values()]),
        *(_section(name, each) for name, each in stops.items()),
        f"<h2 id=tree>Where they stand in the family tree</h2><figure>{tree}</figure>",
    ]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    title = "<title>Clados: three Transformers, from card to trained model</title>"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>{head}{title}<style>{STYLE}{SHOWN_STYLE}</style></head>\n<body>\n'
        + "\n".join([*body, "</body>\n</html>\n"])
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """An HTML table; columns ``numbers`` are set right. Cells are HTML already."""

    def cells(tag: str, row: Sequence[str]) -> str:
        return "".join(f"<{tag}{' class=n' if i in numbers else ''}>{cell}</{tag}>" for i, cell in enumerate(row))

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{cells('th', heads)}</tr></thead><tbody>{lines}</tbody></table></div>"


def _summary(stops: Sequence[Stop]) -> str:
    heads = ("model", "parameters", "steps", "start", "bigram", "unigram", "end", "under the unigram entropy by")
    rows = [
        (
            escape(each.card.name),
            f"{s.count_parameters(each.plan.model).total:,}",
            f"{each.plan.run.steps:,}",
            f"{each.learned.start:.3f}",
            f"{each.learned.baseline['bigram']:.3f}",
            f"{each.learned.baseline['unigram']:.3f}",
            f"{each.learned.end:.3f}",
            f"<span class=good>{each.margin:.3f} nat</span>",
        )
        for each in stops
    ]
    note = (
        "Nats a token on held-out documents, with the model's own tokenizer; the unigram and the interpolated "
        "Kneser-Ney bigram are guesses without a model. A model that sees both sides of a gap answers another "
        "question than the bigram does: only the left-to-right one may be compared with it."
    )
    cards = "".join(_card_of(each) for each in stops)
    table = (
        f"<details><summary>In figures</summary>{_table(heads, rows, range(1, 8))}<p class=faint>{note}</p></details>"
    )
    return f"<div class=cards>{cards}</div>{table}"


def _card_of(stop: Stop) -> str:
    """A model in short: what it has learned beyond how often words occur, and how far it came."""
    learned, plan = stop.learned, stop.plan
    params = s.count_parameters(plan.model).total
    speeds = [entry["tokens_per_second"] for entry in learned.entries if "tokens_per_second" in entry]
    way = "better" if stop.margin >= 0 else "worse"
    baselines = {name: learned.baseline[name] for name in ("unigram", "bigram")}
    return (
        f"<article><h3>{escape(stop.card.name)}</h3><p class=big>{abs(stop.margin):.2f} nat</p>"
        f"<p class=faint>a token {way} than guessing by how often each occurs</p>"
        f"{ladder(learned.start, learned.end, baselines)}"
        f"<p class=faint>{params:,} parameters, {plan.run.steps:,} steps, {learned.seconds:.0f} s, "
        f"{median(speeds):,.0f} tokens a second</p></article>"
    )


def _section(name: str, stop: Stop) -> str:
    small = stop.plan.model
    full = stop.published
    title = f"{stop.card.name}: {type(full).__name__}, {type(stop.plan.stage.objective).__name__}"
    one = task(stop.plan.stage.objective)
    entries = [(entry["step"], one.main_loss(entry)) for entry in stop.learned.entries if "loss" in entry]
    held = [(entry["step"], one.main_loss(entry["held_out"])) for entry in stop.learned.entries if "held_out" in entry]
    marked = any(piece.mark == "sentinel" for piece in stop.example.view.writes)
    training = "training, marks of removed spans included" if marked else "training"
    lines = {k: stop.learned.baseline[k] for k in ("unigram", "bigram")}
    loss = curve.curves(
        {training: entries, "held out": held},
        name="Loss of words",
        x_name="step",
        y_name="nats a token",
        baselines=lines,
        smooth=(training,),
        marked=("held out",),
    )
    ledgers = {f"{stop.card.id} as published": ledger_parts(full), "as trained here": ledger_parts(small)}
    return "\n".join(
        [
            f"<h2 id={name}>{escape(title)}</h2>",
            f"<p>{escape(str(stop.card.values['extension']))}</p>",
            f"<h3>What it learns, on two sentences</h3><figure>{_example(stop)}</figure>",
            f"<h3>What it guesses of them now</h3>{guess_row(stop.example)}",
            f"<h3>How it learned</h3><figure>{loss.svg}</figure>",
            f"<p>{escape(str(stop.measure))}{_next_sentence(stop)}</p>",
            f"<h3>What it makes of a few words</h3>{sample_cards(stop.samples)}",
            f"<h3>What it is made of</h3><figure>{architecture_figure(small, f'{name} as trained here').svg}</figure>",
            f"<figure>{bars.stacked_bars(ledgers, name='Parameters by kind of part', share=True).svg}</figure>",
            f"<details><summary>What is known of it</summary>{_card(stop.card)}</details>",
        ]
    )


def _example(stop: Stop) -> str:
    objective = type(stop.plan.stage.objective).__name__
    return stop.example.view.figure(f"{objective} of {stop.card.name}, with the tokenizer of this run").svg


def _next_sentence(stop: Stop) -> str:
    """How well the second part of BERT's objective is learned, which no line of the loss of words shows."""
    measures = stop.learned.measures
    if "nsp_accuracy" not in measures:
        return ""
    constant = max(measures["nsp_follows"], 1 - measures["nsp_follows"])
    return (
        f"; whether the second segment follows the first: {measures['nsp_accuracy']:.1%} right, "
        f"where the more frequent answer alone gives {constant:.1%}"
    )


def _card(card: Card) -> str:
    rows = [
        (escape(name.replace("_", " ")), escape(_plain(value.value)), escape(value.mark), escape(value.source))
        for name, value in card.values.items()
        if name in ATTRIBUTES
    ]
    errata = [
        tuple(map(escape, (each.attribute, each.kind, f"“{each.survey}”" * bool(each.survey), each.fact, each.source)))
        for each in card.tables.errata
    ]
    wrong = _table(("attribute", "kind", "the survey has", "fact", "source"), errata)
    found = f"<h3>Beside the survey</h3>{wrong}" if errata else ""
    return _table(("attribute", "value", "kind", "source"), rows) + found


def _plain(value: object) -> str:
    several = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"{each:,}" if isinstance(each, int) else str(each) for each in several)
