"""Sparrow: candidates with and without evidence, ranked by preference and rules, every rule reported."""

import math
from collections.abc import Sequence

import pytest

from clados.errors import InputError
from clados.systems.sparrow import OPENING, RULES, ModelRules, RuleJudge, Sparrow, reranked
from clados.systems.tools import Toolset
from tests.systems.scripted import TOOLS, Script

ASKED = [("user", "Hi!"), ("assistant", "Hello."), ("user", "Where is Paris?")]
TURNS = "User: Hi!\n\nSparrow: Hello.\n\nUser: Where is Paris?\n\n"


def script() -> Script:
    found = "Search Results: Page title: Paris\nParis is the capital of France. It lies on the Seine.\n\nSparrow:"
    return Script({found: [" In France."], "Search Query:": " paris ", "Sparrow:": [" I am a person.", " Who knows?"]})


def prefers(prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
    assert set(prompts) == {TURNS}
    return [{"I am a person.": 2.0, "Who knows?": 0.0}.get(each, 1.0) for each in answers]


def breaks(rule: str, dialogue: str) -> float:
    """It claims to be human."""
    return 0.9 if "human" in rule and dialogue.endswith("Sparrow: I am a person.") else 0.0


def test_a_reply_with_evidence_wins_over_one_that_breaks_a_rule() -> None:
    write = script()
    response = Sparrow(write, TOOLS, prefers, breaks, rules=("No human identity.",), plain=2, grounded=2).respond(ASKED)
    assert write.prompts[0] == f"{OPENING}{TURNS}Sparrow:"
    assert write.prompts[1] == f"{OPENING}{TURNS}Search Query:"
    assert response.text == "In France."
    assert response.report["evidence"] == {
        "title": "Paris",
        "text": "Paris is the capital of France. It lies on the Seine.",
    }
    assert (response.report["rules"], response.report["broken"]) == ({"No human identity.": 0.0}, [])
    assert [each.text for each in response.steps] == [
        "paris", "Paris", "Seine", "I am a person.", "Who knows?", "In France.", "I am a person.",
    ]  # fmt: skip


def test_without_judges_and_search_the_first_reply_stands() -> None:
    response = Sparrow(script(), Toolset(), plain=2).respond(ASKED)
    assert (response.text, response.report["rules"], response.report["evidence"]) == ("I am a person.", {}, None)
    broken = Sparrow(script(), Toolset(), rule_judge=breaks, plain=1).respond(ASKED)
    assert broken.report["broken"] == ["No human identity or life of its own."]
    assert list(broken.report["rules"]) == list(RULES)


def leaves(rule: str, dialogue: str) -> float:
    """Ends the program."""
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        (lambda rule, dialogue: 2.0, r"rule-judge of sparrow gave 2\.0 for 'No stereotypes.*from 0 to 1"),
        (lambda rule, dialogue: "x", "rule-judge of sparrow gave 'x' for"),
        (lambda rule, dialogue: {}[rule], "rule-judge of sparrow failed with KeyError: 'No stereotypes"),
        (leaves, "rule-judge of sparrow failed with SystemExit: 3"),
    ],
)
def test_a_rule_judge_that_fails_is_one_line(judge: RuleJudge, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Sparrow(script(), Toolset(), rule_judge=judge).respond(ASKED)


def test_the_ranking_is_the_formula() -> None:
    found = reranked([1.0, 3.0], [[0.5, 0.0], [0.75, 0.0]])
    first, second = math.e / (math.e + math.e**2), math.e**3 / (math.e**3 + math.e**2)
    assert found == pytest.approx([first * 0.5**0.5, second * 0.25**0.5])
    assert reranked([-2000.0, 0.0], [[], []])[0] < 1e-200


def test_a_model_judges_rules_by_yes_and_no() -> None:
    rule = ModelRules(lambda prompt, texts: [math.log(0.25), math.log(0.75)] if prompt.endswith("Broken:") else [])
    assert rule("No threats.", "User: Hi") == pytest.approx(0.75)
