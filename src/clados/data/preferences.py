"""Preferences that are made, not asked for: by what is true, and by what a program finds. No person judged them."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from clados.data.examples import Pair, RankedAnswers

FORBIDDEN = "obviously"  # a word that no answer may have
MOST_ADDED = 24  # the largest number that is added
ORIGIN = {
    "true-answers": "a true answer against another question's: no person's judgement of what is helpful",
    "checked-answers": "ranked by a program (sum, form, a forbidden word): no person's judgement of what is helpful",
}


def true_against_others(questions: Sequence[Pair]) -> list[RankedAnswers]:
    """The answer to each question, and that to another one, which says something else."""
    order = np.random.default_rng(0).permutation(len(questions))
    others = {int(at): int(order[(i + 1) % len(order)]) for i, at in enumerate(order)}
    found = []
    for at, each in enumerate(questions):
        other = questions[others[at]].target
        if other != each.target:
            found.append(RankedAnswers(each.document, each.source, (each.target, other), (1.0, 0.0), language="en"))
    return found


def checked_answers() -> list[RankedAnswers]:
    """Sums with four answers ranked by ``checked``: right or wrong, in the asked form or not, with a forbidden word."""
    random, found = np.random.default_rng(0), []
    for a, b in product(range(1, MOST_ADDED + 1), repeat=2):
        wrong = a + b + int(random.choice([-3, -2, -1, 1, 2, 3]))
        prompt = f"What is {a} + {b}? Answer as: The sum is N."
        right = f"The sum is {a + b}."
        answers = (right, f"{a + b}", f"The sum is {wrong}.", f"The sum is {FORBIDDEN} {wrong}")
        scores = tuple(checked(prompt, each) for each in answers)
        found.append(RankedAnswers(f"sums/{a}+{b}", prompt, answers, scores, language="en"))
    return found


def checked(prompt: str, answer: str) -> float:
    """What a program finds of an answer to a sum: 2 if it is right, 1 for the asked form, -1 for a forbidden word."""
    a, b = (int(each) for each in prompt.removeprefix("What is ").partition("?")[0].split(" + "))
    said = [each for each in answer.replace(".", " ").split() if each.isdecimal()]
    right = said == [str(a + b)]
    formed = answer.startswith("The sum is ") and answer.endswith(".")
    return 2.0 * right + formed - (FORBIDDEN in answer)
