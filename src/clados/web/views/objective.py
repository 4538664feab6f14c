"""What a model learns, on a sentence that one may change: `clados objective` as a page."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from clados.catalog.card import Card
from clados.errors import CladosError, InputError
from clados.html import Child, Html, el
from clados.small import small_model
from clados.spec.inputs.text import Tokens
from clados.web.lazily import computed
from clados.web.request import PageRequest
from clados.web.views.frame import Document, page
from clados.web.views.parts import alert
from clados.web.views.pieces import legend, seen_by, token_row

SENTENCE = "The quick brown fox jumps over the lazy dog and runs into the deep dark forest."
_LONGEST = 2000  # letters of a text that is shown


def objective_page(asked: PageRequest) -> Document:
    """What the model that the address names sees of a sentence, and what it has to predict.

    Raises:
        NoModelError: for an unknown model, with the nearest.
    """
    card = asked.cards[asked.one("model", "bert")]
    title = asked.say("What {model} learns", model=card.name)
    head = el("div", el("h1", title), el("p", el("a", card.name, href=f"cards/{card.id}.html"), class_="lead"))
    body = (head, objective_form(asked, card, "address"), el("div", _answer(asked, card), data_region="objective"))
    return page(asked, title, *body, scripts=("live.js",))


def objective_section(asked: PageRequest, card: Card) -> list[Child] | None:
    """The form of a card, whose answer is brought into its page; nothing for models that read no text."""
    if not asked.live or not learns_of_texts(card):
        return None
    hint = asked.say("Change the sentence, and see what the model sees of it and has to predict.")
    return [el("p", hint, class_="lead"), objective_form(asked, card, "here"), el("div", data_region="objective")]


def learns_of_texts(card: Card) -> bool:
    """Whether a model is declared and reads text."""
    from clados.catalog.card import declaration_of

    return card.runnable and declaration_of(card).model.reads(Tokens) is not None


def objective_form(asked: PageRequest, card: Card, kind: str) -> Html:
    """A sentence, which of its tokens are drawn, and a button."""
    say = asked.say
    text = el(
        "textarea", asked.one("text", SENTENCE), name="text", rows=2, aria_label=say("Sentence"), maxlength=_LONGEST,
        spellcheck="false",
    )  # fmt: skip
    seed = el("input", type="number", name="seed", value=asked.one("seed", "0"), min=0, max=999, aria_label=say("Seed"))
    stage = asked.one("stage", "")
    return el(
        "form",
        el("input", type="hidden", name="model", value=card.id),
        el("input", type="hidden", name="stage", value=stage) if stage else None,
        text,
        el("label", el("span", say("Seed")), " ", seed),
        el("button", say("Show"), type="submit"),
        method="get",
        action=f"{asked.up}objective.html",
        class_="asking",
        data_live=kind,
    )


def _answer(asked: PageRequest, card: Card) -> Child:
    text = asked.one("text", SENTENCE)
    try:
        if len(text) > _LONGEST:
            raise InputError(
                asked.say("The text has {number} letters; up to {most} are read.", number=len(text), most=_LONGEST)
            )
        return shown_objective(
            asked, example_of(card.id, text, asked.number("seed", 0), asked.one("stage", "") or None)
        )
    except CladosError as error:
        return alert(asked.say, str(error))


@lru_cache(maxsize=64)
def example_of(model: str, text: str, seed: int = 0, stage: str | None = None) -> Any:
    """A text as an example of a model's objective, by the tokenizer of its small pretrained model if there is one."""
    small = small_model(model)
    return computed("clados.train.objective:objective", small.id if small else model, text, seed=seed, stage=stage)


def shown_objective(asked: PageRequest, example: Any) -> list[Child]:
    """The objective, what is seen, what is to be written or predicted, and who sees whom."""
    say, view = asked.say, example.view
    rows = {"Sees, and predicts below": view.sees}
    if view.writes:
        rows = {"Reads": view.sees, "Writes": view.writes}
    elif view.paired:
        rows = {"Sees": view.sees, "Is near to": view.paired}
    everything = [*view.sees, *view.writes, *view.paired]
    also = [el("li", say.phrase(name), ": ", el("b", _told(asked, answer))) for name, answer in view.also.items()]
    return [
        el("p", el("code", repr(example.objective))),
        [token_row(say, title, pieces) for title, pieces in rows.items()],
        legend(say, everything),
        el("ul", also) if also else None,
        seen_by(say, [piece.token for piece in view.sees], view.attends),
        _stages(asked, example),
    ]


def _told(asked: PageRequest, answer: Any) -> str:
    return asked.say("yes" if answer else "no") if isinstance(answer, bool) else asked.say.phrase(str(answer))


def _stages(asked: PageRequest, example: Any) -> Html | None:
    """The other stages of its recipe, each as a link."""
    if not example.others:
        return None
    say = asked.say
    links = [
        el(
            "li",
            el("a", name, href=f"{asked.up}objective.html?{urlencode({'model': example.model, 'stage': name})}"),
            " ",
            el("code", repr(learned)),
        )
        for name, learned in example.others.items()
    ]
    return el("div", el("p", say("This is its stage {name}; beside it there are", name=example.stage)), el("ul", links))
