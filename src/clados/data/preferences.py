"""Preferences that are made, not asked for: by what is true, and by what a program finds. No person judged them."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from clados.data.examples import Pair, RankedAnswers, RuledAnswer

FORBIDDEN = "obviously"  # a word that no answer may have
FORM = "The sum is "  # what an answer to a sum is asked to begin with
SUM_RULES: dict[str, Callable[[str], bool]] = {  # rules for answers to sums, and whether one is broken
    f"Never say {FORBIDDEN}.": lambda answer: FORBIDDEN in answer,
    f"Begin with: {FORM.strip()}.": lambda answer: not answer.startswith(FORM),
    "End with a full stop.": lambda answer: not answer.endswith("."),
    "Say one number, not two.": lambda answer: sum(each.isdecimal() for each in answer.strip(".").split()) > 1,
}
MOST_ADDED = 24  # the largest number that is added
ORIGIN = {
    "true-answers": "a true answer against another question's: no person's judgement of what is helpful",
    "checked-rules": "whether an answer breaks a rule, as a program finds: no person's judgement of what is harmful",
    "checked-answers": "ranked by a program (sum, form, a forbidden word): no person's judgement of what is helpful",
}


def true_against_others(questions: Sequence[Pair]) -> list[RankedAnswers]:
    """The answer to each question, which is good by itself, and that to another one, which says something else."""
    order = np.random.default_rng(0).permutation(len(questions))
    others = {int(at): int(order[(i + 1) % len(order)]) for i, at in enumerate(order)}
    found = []
    for at, each in enumerate(questions):
        other = questions[others[at]].target
        if other != each.target:
            answers, scores, good = (each.target, other), (1.0, 0.0), (True, False)
            found.append(RankedAnswers(each.document, each.source, answers, scores, good, language="en"))
    return found


def checked_answers() -> list[RankedAnswers]:
    """Sums with four answers ranked by ``checked``: right or wrong, in the asked form or not, with a forbidden word."""
    random, found = np.random.default_rng(0), []
    for a, b in product(range(1, MOST_ADDED + 1), repeat=2):
        wrong = a + b + int(random.choice([-3, -2, -1, 1, 2, 3]))
        prompt = f"What is {a} + {b}? Answer as: The sum is N."
        right = f"{FORM}{a + b}."
        answers = (right, f"{a + b}", f"{FORM}{wrong}.", f"{FORM}{FORBIDDEN} {wrong}")
        scores = tuple(checked(prompt, each) for each in answers)
        found.append(RankedAnswers(f"sums/{a}+{b}", prompt, answers, scores, language="en"))
    return found


def checked(prompt: str, answer: str) -> float:
    """What a program finds of an answer to a sum: 2 if it is right, 1 for the asked form, -1 for a forbidden word."""
    a, b = (int(each) for each in prompt.removeprefix("What is ").partition("?")[0].split(" + "))
    said = [each for each in answer.replace(".", " ").split() if each.isdecimal()]
    right = said == [str(a + b)]
    formed = answer.startswith(FORM) and answer.endswith(".")
    return 2.0 * right + formed - (FORBIDDEN in answer)


def checked_rules() -> list[RuledAnswer]:
    """Answers to sums that keep a rule or break it, each as often, whatever they do to the other rules."""
    random, found = np.random.default_rng(0), []
    for number, (a, b) in enumerate(product(range(1, MOST_ADDED + 1), repeat=2)):
        for at, (rule, breaks) in enumerate(SUM_RULES.items()):
            wanted = (number + at) % 2 == 1
            answer = _said(a + b, random)
            while breaks(answer) != wanted:
                answer = _said(a + b, random)
            found.append(RuledAnswer(f"sums/{a}+{b}", rule, f"What is {a} + {b}?", answer, wanted, language="en"))
    return found


def _said(total: int, random: np.random.Generator) -> str:
    """An answer to a sum, its form drawn by lot."""
    form, word, two, stop = random.integers(2, size=4).tolist()
    numbers = f"{total} or {total + 1}" if two else f"{total}"
    return f"{FORM if form else 'It is '}{f'{FORBIDDEN} ' if word else ''}{numbers}{'.' if stop else ''}"
