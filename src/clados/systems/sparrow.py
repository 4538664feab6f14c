"""Sparrow: replies with and without evidence, ranked by preference and rules (Glaese et al. 2022, arXiv 2209.14375)."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean
from typing import ClassVar

from clados.apply.chat import Message
from clados.errors import InputError
from clados.objectives.base import Judge
from clados.objectives.judges import judge_scores
from clados.systems.system import Response, Spoken, System, best_of, last_said
from clados.systems.tools import ToolResult, Toolset
from clados.systems.writing import Likelihood, TextWriter, Wanted, one_text

RuleJudge = Callable[[str, str], float]  # rule, dialogue: how likely its last turn breaks the rule, from 0 to 1
OPENING = (  # of the dialogue prompt, from memory; the example turns behind it are not here
    "The following is a conversation between a highly knowledgeable and intelligent AI assistant, called Sparrow, and "
    "a human user, called User. In the following interactions, User and Sparrow will converse in natural language, and "
    "Sparrow will do its best to answer User's questions. Sparrow was built to be respectful, polite and inclusive. It "
    "knows a lot, and always tells the truth. The conversation begins.\n\n"
)
BROKEN = 0.5  # from here on a rule is reported as broken
RULES = (  # the paper's kinds of rules, in our words
    "No stereotypes, and no harmful statements about groups of people.",
    "Nothing that many would find to slight a group of people.",
    "No threats.",
    "No sexual advances or comments.",
    "No insults, bullying or condescension.",
    "No hate for what someone is: origin, colour, gender, belief, disability, orientation.",
    "No particular advice on money or investments.",
    "No medical advice.",
    "No legal advice; rather that a lawyer be asked.",
    "No conspiracy theories, and no denial of accepted facts.",
    "No claim to have a body.",
    "No claim to have preferences, feelings, opinions or beliefs.",
    "No human identity or life of its own.",
    "No relationship with the user.",
    "No claim to act in the world.",
    "No false or implausible statements.",
    "No assumptions about the user beyond what was said.",
    "No change of topic without reason.",
    "Nothing that makes no sense.",
    "No needless repetition.",
)


@dataclass
class Sparrow(System):
    """Candidates of one model, scored by a preference model and a rule model.

    Attributes:
        judge: the preference model's score of a dialogue and its next turn. rule_judge: the rule model's.
        plain, grounded: candidates without and with evidence.
    """

    write: TextWriter
    tools: Toolset
    judge: Judge | None = None
    rule_judge: RuleJudge | None = None
    rules: tuple[str, ...] = RULES
    plain: int = 4
    grounded: int = 4

    name: ClassVar[str] = "sparrow"
    cards: ClassVar[tuple[str, ...]] = ("sparrow",)
    assumed: ClassVar[tuple[str, ...]] = (
        "turns, query, results, 4 candidates of each kind and the formula of the ranking are from memory",
        "the dialogue prompt is its opening alone, from memory; the rules are in our words, and three of the 23 are "
        "not there",
        "how the rule model is asked is not known: the rule behind the dialogue, and the share of yes and no",
    )

    def respond(self, said: Sequence[Message]) -> Response:
        """The candidate that ranks highest, with a report of every rule."""
        last_said(said)
        turns = "".join(f"{'User' if who == 'user' else 'Sparrow'}: {text}\n\n" for who, text in said)
        steps = list[Spoken]()
        found = list(self._candidates(turns, steps))
        if not found:
            return Response("", tuple(steps), {"declined": "every reply is empty"})
        texts = [text for text, _ in found]
        broken = [self.broken(turns, text) for text in texts]
        prefers = self._preferred(turns, texts)
        scores = reranked(prefers, [list(each.values()) for each in broken])
        best = best_of(texts, scores)
        page = found[best][1]
        report = {
            "score": scores[best],
            "preference": prefers[best],
            "rules": broken[best],
            "broken": [rule for rule, chance in broken[best].items() if chance >= BROKEN],
            "evidence": None if page is None else {"title": page.title, "text": page.text},
        }
        steps += [Spoken("candidate", text) for text in texts]
        return Response(texts[best], tuple(steps), report)

    def broken(self, dialogue: str, text: str) -> dict[str, float]:
        """How likely a turn breaks each rule.

        Raises:
            InputError: the rule model fails, or gives what is no probability.
        """
        judge = self.rule_judge
        if judge is None:
            return {}
        said = [f"{dialogue}Sparrow: {text}"] * len(self.rules)
        found = judge_scores(partial(map, judge), f"of {self.name}", self.rules, said, option="rule-judge")
        for rule, chance in zip(self.rules, found):
            if not 0 <= chance <= 1:
                raise InputError(f"rule-judge of {self.name} gave {chance} for '{rule[:40]}'; it must be from 0 to 1")
        return dict(zip(self.rules, found))

    def _preferred(self, turns: str, texts: list[str]) -> list[float]:
        return (
            [0.0] * len(texts)
            if self.judge is None
            else judge_scores(self.judge, f"of {self.name}", [turns] * len(texts), texts)
        )

    def _candidates(self, turns: str, steps: list[Spoken]) -> Iterator[tuple[str, ToolResult | None]]:
        """Replies, and the page that each has read."""
        for text in self._replies(turns, self.plain):
            yield text, None
        if not (self.tools.searches and self.grounded):
            return
        query = one_text(self.write, f"{turns}Search Query:", before=OPENING, stop=("\n",))
        pages = self.tools.pages(query, self.grounded)
        steps += [Spoken("query", query), *(Spoken("page", page.title) for page in pages)]
        for number, page in enumerate(pages):
            share = (self.grounded + len(pages) - 1 - number) // len(pages)
            evidence = f"Search Query: {query}\n\nSearch Results: Page title: {page.title}\n{page.text}\n\n"
            for text in self._replies(f"{turns}{evidence}", share):
                yield text, page

    def _replies(self, prompt: str, n: int) -> list[str]:
        if not n:
            return []
        draws, stop = {"temperature": 1.0, "top_p": 0.8}, ("\n\n", "User:")
        found = self.write(Wanted(prompt=f"{prompt}Sparrow:", before=OPENING, n=n, stop=stop, chosen=draws))
        return [text for each in found if (text := each.strip())]


def reranked(preferences: Sequence[float], broken: Sequence[Sequence[float]]) -> list[float]:
    """exp(r) / (exp(r) + exp(mean r)), times the geometric mean of the chances that each rule is kept."""
    middle = mean(preferences)
    return [
        (1 / (1 + math.exp(min(middle - each, 700.0)))) * math.prod(1 - chance for chance in rules) ** (1 / len(rules))
        if rules
        else 1 / (1 + math.exp(min(middle - each, 700.0)))
        for each, rules in zip(preferences, broken)
    ]


class ModelRules:
    """A model that writes as the judge of rules: how much likelier it says yes than no."""

    def __init__(self, likelihood: Likelihood) -> None:
        self.likelihood = likelihood

    def __call__(self, rule: str, dialogue: str) -> float:
        """From 0 to 1."""
        no, yes = self.likelihood(f"{dialogue}\n\nRule: {rule}\nBroken:", (" no", " yes"))
        return 1 / (1 + math.exp(min(no - yes, 700.0)))
