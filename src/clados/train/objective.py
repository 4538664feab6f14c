"""What a model sees of a text when it is pretrained, and what it has to predict."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from clados.apply.languages import text_language
from clados.catalog.card import declaration_of
from clados.catalog.counts import card_and_size
from clados.catalog.sizes import model_of
from clados.checkpoints.metadata import read_metadata
from clados.data import examples
from clados.data.families import published_languages
from clados.data.readers import read, read_as
from clados.data.templates import on_one_line, without_template
from clados.data.tokenizer import Tokenizer
from clados.data.vocabularies import load_tokenizer
from clados.errors import CladosError, InputError
from clados.files import JsonObject
from clados.names import meant_language
from clados.objectives import task
from clados.objectives.own_text import row_of
from clados.objectives.tasks import SourceConfig
from clados.objectives.view import View, show
from clados.small import model_folder
from clados.spec import Model, Objective
from clados.tables import Illustrated, Page
from clados.train.chain import stages_to, why_not
from clados.train.fitting import Facts, FitContext, fit_model, headed, tokenizer_for
from clados.train.swapped import learning

VOCAB_SIZE = 4096  # of the tokenizer that shows an objective of a model without one
ENGLISH = "en"  # what a text is taken for that nobody has named the language of
LENGTH = 4096  # positions, where each has a vector of its own
OFTEN = 100  # times that it reads the letters of a text in other scripts, so that none is too rare


@dataclass(frozen=True)
class ObjectiveExample(Illustrated):
    """A text as an example of a model's objective.

    Attributes:
        model: the card's id.
        objective: what the model learns.
        view: what it sees, and what it has to predict.
        stage: of its recipe, where that has several that can be trained; others: those beside it, and what they learn.
        language: what a text is marked as that nobody has named the language of; empty otherwise.
    """

    model: str
    objective: Objective
    view: View
    stage: str = ""
    others: dict[str, Objective] = field(default_factory=dict)
    language: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        taken = {"language": self.language} if self.language else {}
        stages = {**taken, "stage": self.stage, "others": {name: repr(each) for name, each in self.others.items()}}
        return {"model": self.model, "objective": repr(self.objective), **self.view.json(), **stages}

    def page(self) -> Page:
        """The objective, and the text as its example."""
        return Page([self.title, *self.view.page().blocks, *self._beside])

    def _repr_svg_(self) -> str:
        return self.view.figure(self.title).svg

    def __rich__(self) -> RenderableType:
        return Group(Text(self.title, style="bold"), self.view, *self._beside)

    @property
    def title(self) -> str:
        """What is learned, in a line."""
        return f"{self.model} learns {without_template(self.objective)}"

    @property
    def _beside(self) -> list[str]:
        """A line of how examples become texts, and one that names the other stages."""
        template = on_one_line(self.objective)
        form = [f"It reads and writes: {template}"] if template else []
        told = ", ".join(f"'{name}' learns {without_template(each)}" for name, each in self.others.items())
        if self.language:
            form.append(f"The text is marked as one of the language '{self.language}'; --language names another.")
        return [*form, f"This is its stage '{self.stage}'; {told}"] if told else form


def objective(
    model: str | Path,
    text: str,
    *,
    by: str | None = None,
    stage: str | None = None,
    seed: int = 0,
    language: str | None = None,
) -> ObjectiveExample:
    """What a model sees of a text when it is pretrained, and what it has to predict.

    Args:
        model: ``MODEL`` or ``MODEL:SIZE``, with a tokenizer that is trained on the embedded dictionary (and for a text
            in another script on embedded translations and its letters); or a directory that ``pretrain`` wrote, or
            ``small/gpt-2``, with its own.
        text: for a translation ``"source | target"``, for a dialogue its turns with such bars between them, for a model
            with control codes one of these and the text.
        by: another objective than the model's, as ``Choices.objective``.
        stage: of its recipe; the last that can be trained when not given.
        seed: which tokens are drawn.
        language: of the text, where the model learns texts with a mark of it (mBART); one of those that its published
            vocabulary marks.

    Raises:
        NoModelError, SpecError: for an unknown name or size, a text that is too short, a language that is not marked,
            and an objective that does not learn from a text.
        CladosError: for a model that reads no text, and a directory without a model.
    """
    named = model_folder(model)
    folder = named if (named / "run.json").exists() else None
    name = JsonObject.read(folder / "run.json").take("model", str, "") if folder else str(model)
    if folder and not name:
        raise CladosError(f"{folder / 'run.json'}: it names no model")
    try:
        card, size = card_and_size(name)
    except CladosError as error:
        if folder is None:
            raise
        raise CladosError(f"{folder / 'run.json'}: {error}") from error
    part, declaration = model_of(card, size), declaration_of(card)
    if by is not None:
        declaration = learning(declaration, by)
        part = declaration.at(size.name)
    recipe = declaration.recipe_at(size.name)
    chosen = stages_to(card.id, recipe, stage)[-1]
    others = {each.name: each.objective for each in recipe.stages if each is not chosen and not why_not(recipe, each)}
    learned = chosen.objective
    if folder and by is None:
        learned, others = read_metadata(folder).objective or learned, {}
    elif refusal := task(learned).refusal(headed(part, chosen)):
        raise InputError(f"{card.id} cannot learn so: {refusal}")
    known = published_languages(card.id, size.name) if getattr(learned, "marked", False) else ()
    mark = meant_language(language or ENGLISH, known)
    if folder is None and known and mark is None:
        said = f"language is '{language}'" if language else "no language is given, and the text is taken for English"
        raise InputError(f"{said}; {card.id}:{size.name} knows {', '.join(known)}")
    tokenizer = load_tokenizer(folder) if folder else _tokenizer(part, learned, text, language, mark)
    if tokenizer is None:
        raise CladosError(
            f"{card.id} learns {without_template(learned)} and reads no text, so there is nothing to show of one"
        )
    config = SourceConfig(LENGTH, seed, tokenizer, writes=part.writes)
    row_of(task(learned), text, config, language)  # refused before a fit
    part = fit_model(part, FitContext((), tokenizer, LENGTH, Facts()))
    view = show(learned, part, text, tokenizer, seed, language)
    taken = "" if folder or language else text_language(learned, tokenizer, None, card.id) or ""
    return ObjectiveExample(card.id, learned, view, chosen.name if others else "", others, taken)


def _tokenizer(model: Model, learned: Objective, text: str, language: str | None, mark: str | None) -> Tokenizer | None:
    """A tokenizer of the model's kind that has tokens for the text, in any script; None for a model without text.

    Args:
        mark: the token that the published vocabulary marks the text's language with; ours where it has none.
    """
    english, one = read_as(examples.Text, "wordnet"), task(learned)
    coded = getattr(learned, "coded", False)
    given = read_as(examples.Text, one.data) if coded else [examples.Text("", "", language)] if language else english
    marks = one.marks(given) if mark is None else (mark,)
    if set(text) <= set().union(*(each.text for each in english)):
        return tokenizer_for(model, english, VOCAB_SIZE, marks)
    letters = [examples.Text("", " ".join(text))] * OFTEN
    many = [*english[::3], *read("translation")[::5], examples.Text("", text), *letters]
    return tokenizer_for(model, many, VOCAB_SIZE, marks)
