"""LaMDA: safety first, then quality, then research with tools (Thoppilan et al. 2022, §6)."""

import math
from collections.abc import Sequence

import pytest

from clados.systems.calculator import calculator
from clados.systems.lamda import LaMDA
from clados.systems.system import Spoken
from clados.systems.tools import Toolset
from tests.systems.scripted import Script, pages

ASKED = [("user", "How old is Rafael Nadal?")]
TS = Toolset({"calculator": calculator, "search": pages})
RATED = {  # P(1) of SENSIBLE, SPECIFIC, INTERESTING, UNSAFE
    "He is 31.": (0.9, 0.5, 0.1, 0.1),
    "Go away.": (1.0, 1.0, 1.0, 0.9),
    "Hm.": (0.5, 0.1, 0.1, 0.0),
}
NAMES = ("SENSIBLE", "SPECIFIC", "INTERESTING", "UNSAFE")


def likelihood(prompt: str, texts: Sequence[str]) -> list[float]:
    """Of ratings behind "context RESPONSE response ATTRIBUTE"."""
    assert tuple(texts) == (" 0", " 1")
    context, _, rest = prompt.partition(" RESPONSE ")
    response, _, name = rest.rpartition(" ")
    assert context == ASKED[0][1]
    yes = RATED[response][NAMES.index(name)]
    return [math.log(max(1 - yes, 1e-9)), math.log(max(yes, 1e-9))]


def lamda(research: dict[str, str | list[str]], drafts: list[str] | None = None, tools: Toolset = TS) -> LaMDA:
    write = Script({**research, "RESPONSE": drafts or list(RATED)})
    return LaMDA(write, likelihood, tools, candidates=3)


def test_unsafe_candidates_go_and_quality_ranks_the_rest() -> None:
    system = lamda({"\n": "User, He is 31."})
    response = system.respond(ASKED)
    assert response.steps[0] == Spoken("base", "He is 31.")
    assert response.report["quality"] == pytest.approx(3 * 0.9 + 0.5 + 0.1)
    assert (response.report["unsafe"], response.report["candidates"]) == (1, 3)
    wanted = system.write.asked[0]  # type: ignore[attr-defined]
    assert (wanted.prompt, wanted.chosen["top_k"]) == ("How old is Rafael Nadal? RESPONSE", 40)


def test_where_none_is_safe_the_safest_is_taken() -> None:
    system = lamda({"\n": "?"}, ["Go away.", "He is 31."])
    system.safe = 0.95
    assert system.respond(ASKED).text == "He is 31."


def test_research_asks_the_toolset_until_it_speaks_to_the_user() -> None:
    """A query that is repeated is given its second finding (§6.2)."""
    told = "How old is Rafael Nadal?\nHe is 31.\n"
    one = "Paris is the capital of France. It lies on the Seine. http://x/paris"
    two = "The Seine is a river of northern France."
    system = lamda(
        {
            f"{told}TS, Nadal\n{one}\nTS, Nadal\n{two}\nTS, 2021-1986\n35\n": "User, He is 35 years old right now",
            f"{told}TS, Nadal\n{one}\nTS, Nadal\n{two}\n": "TS, 2021-1986",
            f"{told}TS, Nadal\n{one}\n": "TS, Nadal",
            told: "TS, Nadal",
        },
        ["He is 31."],
    )
    response = system.respond(ASKED)
    assert response.text == "He is 35 years old right now"
    assert [each.text for each in response.steps if each.who == "TS"] == [one, two, "35"]


def test_an_endless_loop_ends_with_the_draft() -> None:
    calls = list[str]()
    system = lamda({"\n": "TS, 1+1"}, ["He is 31."], Toolset({"calculator": lambda text: calls.append(text) or ["2"]}))  # type: ignore[func-returns-value]
    response = system.respond(ASKED)
    assert response.text == "He is 31."
    assert len([each for each in response.steps if each.who == "TS"]) == 4  # §6.2: in the example, four
    assert calls == ["1+1"]
