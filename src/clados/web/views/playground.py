"""The playground: what trained models write, fill in, attend to and find alike; computed where a server is."""

from collections.abc import Callable, Mapping
from typing import Any

from clados.errors import CladosError, InputError
from clados.html import Child, Html, el
from clados.names import did_you_mean
from clados.small import small_models
from clados.web.lazily import computed
from clados.web.request import PageRequest
from clados.web.run_folders import found_runs
from clados.web.views.films import backbone_film, episode_film, painting_film
from clados.web.views.frame import Document, page
from clados.web.views.parts import alert, table
from clados.web.views.pieces import chances, percent, squares
from clados.web.views.trees import beam_tree, text_map, thumbnail

_LEVELS = 5  # shades of confidence
_LABELS = {
    "top": "answers for each blank",
    "tokens": "new tokens",
}  # of fields, where they are not called by their names
_MAP_SIZES = ((720.0, "roomy"), (340.0, "tight"))  # of a window's, of a phone's
TRIAL_TITLES = {
    "paint": "Paint",
    "act": "Act",
    "fold": "Fold",
    "write": "Write",
    "beams": "Beams as a tree",
    "fill": "Fill blanks",
    "attention": "Attention",
    "embed": "Texts as a map",
}


def _sources(asked: PageRequest) -> dict[str, str]:
    """Models that may be tried, by what they are called: those that come along, then those given.

    Those that write and do little else are first: what they make of any text is the easiest to judge.
    """
    small = sorted(small_models(), key=lambda each: ("generate" not in each.verbs, len(each.verbs)))
    ended = [str(each.folder) for each in found_runs(asked.site.runs) if each.ended] if asked.site.runs else []
    return {each: each for each in (*(each.id for each in small), *asked.site.models, *ended)}


def playground_page(asked: PageRequest) -> Document:
    """A form of a model's trials, and what comes of the one that is chosen; what cannot be is said in its place."""
    say, known = asked.say, _sources(asked)
    source = asked.one("model", next(iter(known), ""))
    found: Any = None
    mistake = ""
    try:
        found = _tried(source, asked.one("trial", ""), asked)
    except CladosError as error:
        mistake = str(error)
    lead = say(
        "Small pretrained models, computed on this machine as you type. They are small: what they say is seldom true."
    )
    head = el("div", el("h1", say("Playground")), el("p", lead, class_="lead"), class_="welcome")
    form = el(
        "form",
        _models(asked, known, source),
        el("div", _trial(asked, found) if found else None, data_region="trial"),
        el("button", say("Show"), type="submit"),
        method="get",
        action="playground.html",
        class_="asking playground-form",
        data_live="address",
    )
    result = el("div", _result(asked, found, mistake), data_region="result")
    return page(asked, say("Playground"), head, form, result, scripts=("live.js", "film.js"), images=True)


def _tried(source: str, name: str, asked: PageRequest) -> Any:
    """What comes of a trial; words of the address belong to the trial whose name is in front of theirs."""
    if source not in (known := _sources(asked)):
        raise InputError(f"there is no model '{source}'{did_you_mean(source, known)}; --model DIR adds one")
    said = {}
    for key, value in asked.query:
        trial, _, word = key.partition(".")
        if word and (not name or trial == name):
            said[word] = value.replace("\r\n", "\n")
    return computed("clados.playground.trying:try_model", source, name, said)


def _models(asked: PageRequest, known: Mapping[str, str], source: str) -> Html:
    options = [el("option", name, value=key, selected=key == source) for key, name in known.items()]
    return el("label", el("span", asked.say("Model")), el("select", options, name="model"))


def _trial(asked: PageRequest, found: Any) -> list[Child]:
    say = asked.say
    choices = [
        el(
            "label",
            el("input", type="radio", name="trial", value=name, checked=name == found.name),
            el("span", say(TRIAL_TITLES.get(name, name))),
        )
        for name in found.trials
    ]
    words = [_word(asked, found, each) for each in found.words]
    return [
        el("fieldset", el("legend", say("Trial"), class_="unseen"), choices, class_="tabs"),
        el("div", words, class_="trial"),
    ]


def _word(asked: PageRequest, found: Any, word: Any) -> Html:
    said, name = found.said[word.name], f"{found.name}.{word.name}"
    label = el("span", asked.say(_LABELS.get(word.name, word.name)))
    if word.lines:
        text = el("textarea", said, name=name, rows=word.lines, data_usual=word.usual, spellcheck="false")
        return el("label", label, text, class_="long")
    step = "1" if word.whole else "0.1"
    number = {"min": f"{word.least:g}", "max": f"{word.most:g}", "step": step, "data_usual": word.usual}
    return el("label", label, el("input", type="number", name=name, value=said, **number))


def _result(asked: PageRequest, found: Any, mistake: str) -> list[Child]:
    wrong = mistake or (found.error if found else "")
    shown: list[Child] = [alert(asked.say, wrong)] if wrong else []
    if found and found.result is not None:
        shown.append(TRIAL_PICTURES[found.name](asked, found.result))
    return shown


# ---------------------------------------------------------------- pictures


def _written(asked: PageRequest, result: Any) -> list[Child]:
    """Tokens coloured by their probability; what else was likely shows at each, and stands in a table."""
    say = asked.say
    rows: list[list[Child]] = [
        [str(i), el("code", each.token), percent(each.probability), [_rival(each, *rival) for rival in each.likeliest]]
        for i, each in enumerate(result.steps, 1)
    ]
    shades = [el("span", "", class_=f"token p{level} swatch") for level in range(_LEVELS)]
    heads: list[Child] = ["", say("token"), say("probability"), say("likeliest at this place")]
    return [
        written_tokens(result),
        el("p", say("unlikely"), el("span", shades), say("likely"), class_="legend"),
        el("blockquote", result.text),
        el("details", el("summary", say("Token by token")), _table(heads, rows), open=True, data_key="steps"),
    ]


def written_tokens(result: Any) -> Html:
    """A prompt and what was written behind it, as dark as it was likely."""
    given = [el("span", el("span", token), class_="token special") for token in result.prompt]
    return el("p", given, [_step(each) for each in result.steps], class_="tokens written")


def _table(heads: list[Child], rows: list[list[Child]]) -> Html:
    return table(heads, rows, figures=(2,), name="steps", label=str(heads[1]))


def _step(each: Any) -> Html:
    rivals = el("span", [el("span", token, " ", percent(chance)) for token, chance in each.likeliest], class_="told")
    level = min(int(each.probability * _LEVELS), _LEVELS - 1)
    return el(
        "span",
        el("span", each.token, rivals),
        el("b", percent(each.probability)),
        class_=f"token p{level} mark",
        tabindex=0,
    )


def _rival(step: Any, token: str, chance: float) -> Html:
    kind = "rival taken" if token == step.token else "rival"
    return el("span", el("code", token), " ", percent(chance), class_=kind)


def _beams(asked: PageRequest, result: Any) -> list[Child]:
    say = asked.say
    texts = [
        el("li", el("q", text), " ", el("span", f"log p {total:.2f}", class_="number")) for text, total in result.texts
    ]
    lead = say("Each token with its probability; the likeliest text is drawn bold, ends of texts have their rank.")
    return [el("p", lead, class_="lead"), beam_tree(say("Beams as a tree"), result.nodes), el("ol", texts)]


def _filled(asked: PageRequest, result: Any) -> list[Child]:
    shown: list[Child] = [el("blockquote", result.text)]
    for i, blank in enumerate(result.blanks, 1):
        title = asked.say("Blank {number}", number=i)
        shown += [el("h2", title), chances(asked.say, [(each.text, each.probability) for each in blank], title)]
    return shown


def _attention(asked: PageRequest, result: Any) -> list[Child]:
    """One map large, and all of them small, as links."""
    say = asked.say
    layer, head = result.layer, result.head
    title = say("Layer {layer}, head {head}", layer=layer + 1, head=head + 1)
    large = squares(title, result.tokens, result.tokens, result.maps[layer][head])
    rows = heads_in_small(asked, result.maps, lambda one, other: _address(asked, one, other), (layer, head))
    lead = say("Each row is a token that looks, each column one that it looks at; the fuller the colour, the more.")
    return [el("p", lead, class_="lead"), el("h2", title), large, el("h2", say("All layers and heads")), *rows]


def _address(asked: PageRequest, layer: int, head: int) -> str:
    kept = [(key, value) for key, value in asked.query if key not in ("trial", "attention.layer", "attention.head")]
    chosen: list[tuple[str, str | int]] = [
        ("trial", "attention"),
        ("attention.layer", layer + 1),
        ("attention.head", head + 1),
    ]
    return asked.with_words([*kept, *chosen])


def heads_in_small(
    asked: PageRequest, maps: Any, address: Callable[[int, int], str], chosen: tuple[int, int]
) -> list[Html]:
    """The maps of all layers and heads, each a link to its address."""
    rows = []
    for i, heads in enumerate(maps):
        links = []
        for j, map_ in enumerate(heads):
            name = asked.say("Layer {layer}, head {head}", layer=i + 1, head=j + 1)
            current = "true" if (i, j) == chosen else None
            links.append(
                el("a", thumbnail(map_), href=address(i, j), aria_label=name, title=name, aria_current=current)
            )
        rows.append(el("div", el("span", asked.say("Layer {layer}", layer=i + 1)), links, class_="thumbs"))
    return rows


def _map(asked: PageRequest, result: Any) -> list[Child]:
    say = asked.say
    share = say("The plane holds {share} of the differences between the texts.", share=percent(result.explained))
    title = say("How alike any two are")
    sizes = [
        el("div", text_map(say("Texts as a map"), result.texts, result.points, wide), class_=kind)
        for wide, kind in _MAP_SIZES
    ]
    return [
        sizes,
        el("p", share, class_="lead"),
        el("h2", title),
        el("p", say("Each square is of two texts; the fuller the colour, the more alike."), class_="lead"),
        squares(title, result.texts, result.texts, result.alike, numbered=True),
    ]


TRIAL_PICTURES: dict[str, Callable[[PageRequest, Any], Child]] = {
    "paint": painting_film,
    "act": episode_film,
    "fold": backbone_film,
    "write": _written,
    "beams": _beams,
    "fill": _filled,
    "attention": _attention,
    "embed": _map,
}
