"""GopherCite: quotes that stand in their page, whatever the model, ranked by a reward, or not given."""

from collections.abc import Sequence

import pytest
import torch

from clados.apply.decoding.constraint import Quotes
from clados.systems.gophercite import Cited, GopherCite, cited
from clados.systems.writing import ModelWriter
from tests.apply.little import LENGTHS, written
from tests.systems.scripted import PAGES, TOOLS, Script

ASKED = [("user", "Where is Paris?")]
# Menick et al. 2022, §2.1
DANE = Cited("A Great Dane dog.", "Scooby-Doo", "This Saturday-morning cartoon series")


def test_answers_are_read_and_written_in_the_published_syntax() -> None:
    text = "%<A Great Dane dog.>%(Scooby-Doo)%[This Saturday-morning cartoon series]%"
    assert (str(DANE), cited(f" {text}")) == (text, DANE)
    assert cited("%<A claim>% without a page") is None


def script() -> Script:
    """Claims of two pages, and quotes of each."""
    return Script(
        {
            "Answer: %<": ["In France", "By a river"],
            "%<In France>%(Paris)%[": "the capital of France",
            "%<By a river>%(Paris)%[": "lies on the Seine",
            "%<In France>%(Seine)%[": "northern France",
            "%<By a river>%(Seine)%[": "a r",
        }
    )


def longest(prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
    """The longer, the better."""
    assert set(prompts) == {"Where is Paris?"}
    return [float(len(each)) for each in answers]


def test_pages_take_turns_and_the_best_is_taken() -> None:
    write = script()
    response = GopherCite(write, TOOLS, longest, samples=4).respond(ASKED)
    assert write.prompts[0] == (
        "Page: Paris\nParis is the capital of France. It lies on the Seine.\n\nQuestion: Where is Paris?\nAnswer: %<"
    )
    assert [each.text for each in response.steps if each.who == "candidate"] == [
        "%<In France>%(Paris)%[the capital of France]%",
        "%<In France>%(Seine)%[northern France]%",
        "%<By a river>%(Paris)%[lies on the Seine]%",  # the fourth quote is too short
    ]
    assert response.text == "%<In France>%(Paris)%[the capital of France]%"
    assert response.report["reward"] == max(response.report["rewards"]) == 45
    quotes = [each.constraint for each in write.asked if each.constraint is not None]
    assert quotes[0] == Quotes(PAGES[0].text, begun=True)


def test_below_the_threshold_it_declines() -> None:
    response = GopherCite(script(), TOOLS, longest, samples=4, threshold=45.5).respond(ASKED)
    assert (response.text, response.report["declined"]) == ("I don't know", True)
    assert GopherCite(script(), TOOLS, longest, samples=4, threshold=45.0).respond(ASKED).report["declined"] is False
    nothing = GopherCite(Script({"%<": "", "%[": "?"}), TOOLS, samples=2).respond(ASKED)
    assert (nothing.text, nothing.report) == ("I don't know", {"declined": "no quote"})


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> ModelWriter:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LENGTHS, "gpt-2", 160)
        return ModelWriter(written("gpt-2", tmp_path_factory.mktemp("little") / "gpt-2"), seed=3)


def test_a_model_that_has_learned_nothing_quotes_literally(writer: ModelWriter) -> None:
    """Random weights, 160 positions: what it quotes still stands in the page, and is no whole page by force."""
    response = GopherCite(writer, TOOLS, samples=8, pages=2, claim=4, shortest=1).respond([("user", "Where?")])
    found = [answer for each in response.steps if each.who == "candidate" and (answer := cited(each.text))]
    assert found
    for answer in found:
        assert any(answer.title == page.title and answer.quote in page.text for page in PAGES)


def test_a_quote_may_begin_with_the_text(writer: ModelWriter) -> None:
    tokenizer = writer.ready.required_tokenizer
    bound = Quotes("abc abd", begun=True).bound(tokenizer, writer.ready.spec.vocab.size, ())
    allowed = bound.allowed(torch.tensor([tokenizer.encode("ab", add_special_tokens=False)]))[0]
    assert {tokenizer.decode([number])[:1] for number in allowed.nonzero()[:, 0].tolist()} == {"c", "d", "]"}


def test_what_stands_in_front_loses_its_end_where_there_is_no_room(writer: ModelWriter) -> None:
    assert writer.ready.positions == 160
    prompt, free = writer._fitting("word " * 400, "and the end", 16)
    assert prompt.endswith("and the end")
    assert prompt.startswith("word word")
    assert free == 16
    assert writer._fitting("", "x", 16)[0] == "x"


def test_texts_have_probabilities(writer: ModelWriter) -> None:
    first, second, both = writer.log_p("The king", [" sat", " on", " sat on"])
    assert max(first, second, both) < 0
    (then,) = writer.log_p("The king sat", [" on"])
    assert both == pytest.approx(first + then, abs=1e-4)
