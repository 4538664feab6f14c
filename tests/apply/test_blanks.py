"""Blanks that are written behind the text: the same as when all of it is read at once, as in training."""

import pytest
import torch

from clados import build, spec as s
from clados.apply.blanks import blank_ids, prompted
from clados.apply.fill import fill
from clados.apply.ready import Ready
from clados.apply.write import generate
from clados.models.declared import declared
from clados.train.fitting import Facts, FitContext, fit_model, tokenizer_for
from tests.apply.little import examples

TEXTS = ["The [MASK] sat on the<mask> of the castle.", "A dog ran. [sMASK] We read [MASK] book.", "The king [gMASK]"]


@pytest.fixture(scope="module", params=["10b", "130b"])
def glm(request: pytest.FixtureRequest) -> Ready:
    model = s.tiny(declared("glm").at(request.param))
    tokenizer = tokenizer_for(model, examples("glm"), 420, ("[sMASK]", "[gMASK]"))
    fitted = fit_model(model, FitContext(examples("glm"), tokenizer, 48, Facts()))
    module = build(fitted, seed=3)
    torch.manual_seed(2)
    with torch.no_grad():
        for each in module.parameters():
            each.normal_(0, 0.3)
    return Ready(model=module.eval(), name="glm", tokenizer=tokenizer, objective=s.BlankInfilling())


def positions(glm: Ready, row: list[int], spans: list[list[int]]) -> list[tuple[int, int]]:
    """Of a text and of its spans, each of which begins with the start token (Du et al. 2022, figure 2)."""
    found = [(place, 0) for place in range(len(row))]
    behind = glm.required_tokenizer.special["[gMASK]"] if glm.positions is None else -1  # GLM-130B: one number
    places = [place for place, token in enumerate(row) if token in blank_ids(glm)]
    for place, span in zip(places, spans):
        found += [(place + n * (row[place] == behind), n) for n in range(1, len(span) + 2)]
    return found


@torch.no_grad()
def likeliest(glm: Ready, row: list[int], spans: list[list[int]]) -> list[list[int]]:
    """What is likeliest at each place of the spans, and after each, when all is read at once."""
    start = glm.spec.vocab.start or 0
    ids = [*row, *(token for span in spans for token in (start, *span))]
    logits = glm.model(torch.tensor([ids]), position_ids=torch.tensor([positions(glm, row, spans)])).logits[0]
    ends = [glm.required_tokenizer.ids[role] for role in ("eos", "pad") if role in glm.required_tokenizer.ids]
    found, at = [], len(row)
    for span in spans:
        logits[at, ends] = -torch.inf  # a span has a token at least
        found.append(logits[at : at + len(span) + 1].argmax(-1).tolist())
        at += len(span) + 1
    return found


def test_each_blank_is_filled_as_when_all_is_read_at_once(glm: Ready) -> None:
    tokenizer = glm.required_tokenizer
    filled = fill(glm, TEXTS)
    assert [len(each.blanks) for each in filled] == [2, 2, 1]
    assert [fill(glm, text)[0].text for text in TEXTS] == [each.text for each in filled]
    for text, each in zip(TEXTS, filled):
        row, spans = tokenizer.encode(prompted(glm, text)), list[list[int]]()
        for (blank,) in each.blanks:
            ended = False
            spans.append([])
            while not ended:
                token = likeliest(glm, row, spans)[-1][-1]
                ended = token in (tokenizer.ids["eos"], tokenizer.ids.get("pad")) or len(spans[-1]) == 39
                spans[-1] += [] if ended else [token]
            assert tokenizer.decode(spans[-1]).strip() == blank.text


@pytest.mark.parametrize("text", ["The king", "The [MASK] king", "The king [gMASK]", "A dog. [sMASK] The hill"])
def test_a_text_goes_on_at_its_blank_or_at_one_behind_it(glm: Ready, text: str) -> None:
    marked = prompted(glm, text)
    row = glm.required_tokenizer.encode(marked)
    assert sum(token in blank_ids(glm) for token in row) == 1
    if "MASK]" not in text:
        assert row == glm.required_tokenizer.encode(text + "[gMASK]")
    (span,) = likeliest(glm, row, [[]])
    for _ in range(5):
        (span,) = likeliest(glm, row, [span])
    written = generate(glm, text, max_new_tokens=6, min_new_tokens=6, eos=())
    assert written == glm.required_tokenizer.decode(span)


def test_where_no_long_span_was_learned_the_mask_stands_behind_the_text() -> None:
    model = s.tiny(declared("glm").model)
    tokenizer = tokenizer_for(model, examples("glm"), 420)
    assert tokenizer is not None
    glm = Ready(model=build(model), name="glm", tokenizer=tokenizer)
    assert prompted(glm, "The king") == f"The king{tokenizer.roles.mask}"
    assert tokenizer.encode("The king")[0] == tokenizer.id("cls")  # and no token closes it, as in training
    assert tokenizer.encode("The king")[1:] == tokenizer.encode("The king", add_special_tokens=False)
