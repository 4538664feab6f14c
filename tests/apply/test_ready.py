"""What is known of a model on disk before it is used."""

import warnings
from collections.abc import Callable, Sized
from dataclasses import replace

import pytest

from clados.apply.choose import likeliest
from clados.apply.embed import embed
from clados.apply.fill import fill
from clados.apply.match import match
from clados.apply.rank import rank
from clados.apply.ready import CutText, LongText, Ready, UnknownText
from clados.apply.summarize import summarize
from clados.apply.translate import translate
from clados.apply.write import generate, prompt_ids
from clados.data import train_tokenizer
from clados.data.examples import DataError
from clados.data.roles import Roles
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives import task
from tests.apply.little import SENTENCES, picture


@pytest.mark.parametrize(
    "card", ["gpt-j", "transformer"]
)  # rotary and sinusoidal positions, of which any number will do
def test_a_text_that_takes_minutes_is_warned_of(card: str, ready: Callable[[str], Ready]) -> None:
    found = ready(card)
    with pytest.warns(LongText, match=r"a text has 1,000,000 tokens.*takes about \d+ (minutes|hours) on a CPU"):
        found.known([[5] * 1_000_000, [5]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.known([[5] * 4096])
        ready("gpt-2").known([[5] * 1_000_000])  # which is refused, for it has no positions for them


def test_texts_stand_behind_the_mark_that_they_were_learned_behind(ready: Callable[[str], Ready]) -> None:
    """[CLM] in place of what begins a text (Soltan et al. 2022, §4); a mode (Tay et al. 2022, §3.2)."""
    bart, t5 = ready("bart"), ready("t5")
    alexa, ul2 = (declared(card).recipe.stages[0].objective for card in ("alexatm-20b", "ul2"))
    for source, objective, verb, mark in ((bart, alexa, "generate", "[CLM]"), (t5, ul2, "fill", "[NLU]")):
        roles = replace(Roles.of(source.spec.vocab), marks=task(objective).marks([]))
        tokenizer = train_tokenizer(SENTENCES, source.spec.vocab.kind, 420, roles)
        made = replace(source, tokenizer=tokenizer, objective=objective)
        plain, own = (tokenizer.encode(text) for text in ("The king", f"{mark} The king"))
        (found,) = made.marked_for(verb, [plain])
        body = tokenizer.encode("The king", add_special_tokens=False)
        assert found == [tokenizer.special[mark], *body, *tokenizer.frame[1]]
        assert made.marked_for(verb, [own])[0][0] == tokenizer.special[mark]
        assert made.marked_for(verb, [own])[0][1] != tokenizer.special[mark]
        assert made.marked_for("embed", [plain]) == [plain]
    spelt = replace(t5, objective=ul2)
    assert spelt.marked_for("fill", [[9]]) == [[*t5.required_tokenizer.encode("[NLU]", add_special_tokens=False), 9]]
    assert replace(t5, objective=None).marked_for("fill", [[9]]) == [[9]]


def test_ul2_goes_on_at_a_span_behind_the_prompt(ready: Callable[[str], Ready]) -> None:
    """As "[S2S] text <extra_id_0>": the text's end is a span of its own mode (Tay et al. 2022, §3.1.1, §3.2)."""
    t5, ul2 = ready("t5"), declared("ul2").recipe.stages[0].objective
    roles = replace(Roles.of(t5.spec.vocab), marks=task(ul2).marks([]))
    tokenizer = train_tokenizer(SENTENCES, t5.spec.vocab.kind, 420, roles)
    made = replace(t5, tokenizer=tokenizer, objective=ul2)
    body, end = tokenizer.encode("The king", add_special_tokens=False), tokenizer.id("eos")
    marks, first = tokenizer.special, tokenizer.sentinels[0]
    assert prompt_ids(made, "The king") == [marks["[S2S]"], *body, first, end]
    assert prompt_ids(made, "[NLG] The king") == [marks["[NLG]"], *body, first, end]
    assert prompt_ids(made, "The king<extra_id_5>") == [marks["[S2S]"], *body, tokenizer.sentinels[5], end]
    assert prompt_ids(replace(made, objective=None), "The king") == [*body, end]


def test_texts_that_are_read_whole_are_cut_with_a_warning(ready: Callable[[str], Ready]) -> None:
    bert = ready("bert")
    with pytest.warns(CutText, match="text 2 of 2 has 93 tokens; bert reads the first 64"):
        rows = bert.read(["The king", ("The king", "king " * 88)])
    assert [len(row.ids) for row in rows] == [4, 64]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bert.read(["king " * 62])


UNKNOWN = "龍 龍"


def reading_words(found: Ready) -> Ready:
    """A model with a vocabulary of a few whole words."""
    roles = Roles.of(found.spec.vocab).but({"unk": "<unk>"})
    return replace(found, tokenizer=train_tokenizer(SENTENCES, "word", 420, roles))


@pytest.mark.parametrize(
    ("card", "which", "read"),
    [
        ("bert", "text 2 of 2", lambda bert: fill(bert, ["The <mask>", f"{UNKNOWN} <mask>"])),
        ("e5", "query", lambda e5: rank(e5, UNKNOWN, ["The king"])),
        ("clip", "text 2 of 2", lambda clip: match(clip, picture(1), ["a red heart", UNKNOWN])),
        ("transformer", "text", lambda transformer: translate(transformer, UNKNOWN)),
        ("t5", "text", lambda t5: summarize(replace(t5, objective=None), UNKNOWN)),
        ("t5", "prompt", lambda t5: generate(t5, UNKNOWN)),
        ("t5", "choice 2 of 2", lambda t5: likeliest(t5, "The king", ["The dog", UNKNOWN])),
    ],
)
def test_a_text_of_unknown_tokens_alone_is_refused(
    card: str, which: str, read: Callable[[Ready], object], ready: Callable[[str], Ready]
) -> None:
    with pytest.raises(DataError, match=rf"^{which} is '{UNKNOWN}( <mask>)?': {card} knows none of its tokens"):
        read(reading_words(ready(card)))


@pytest.mark.parametrize(
    ("card", "which", "read"),
    [
        ("bert", "text 2 of 2", lambda bert: embed(bert, ["The king", UNKNOWN])),
        ("bert", "text", lambda bert: embed(bert, UNKNOWN, prompt="The king: ")),
        ("e5", "text 2 of 2", lambda e5: rank(e5, "The king", ["The dog", UNKNOWN])),
    ],
)
def test_one_text_of_unknown_tokens_among_many_is_told(
    card: str, which: str, read: Callable[[Ready], Sized], ready: Callable[[str], Ready]
) -> None:
    with pytest.warns(UnknownText, match=rf"^{which} is '{UNKNOWN}': {card} knows none of its tokens"):
        assert len(read(reading_words(ready(card)))) == (2 if "of 2" in which else 1)


def test_a_text_is_matched_by_some_of_its_tokens_and_not_by_nothing(ready: Callable[[str], Ready]) -> None:
    clip = ready("clip")
    assert match(clip, picture(1), ["a red heart", "the king"]).shape == (1, 2)
    with pytest.raises(InputError, match="text 2 of 2 is empty; there is nothing to match"):
        match(clip, picture(1), ["a red heart", " "])


def test_words_of_bytes_are_all_known(ready: Callable[[str], Ready]) -> None:
    gpt = ready("gpt-2")  # whose only special token begins and ends texts
    gpt.check_words([UNKNOWN, "", "<|endoftext|>"])
    ready("bert").check_words(["", "[MASK]", f"{UNKNOWN} king"])
