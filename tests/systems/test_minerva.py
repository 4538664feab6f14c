"""Minerva: final answers in one form, and the one that most solutions have."""

import pytest

from clados.systems.minerva import Minerva, equal, final_answer, formula, normalised
from tests.systems.scripted import Script

BELOW = "Final Answer: The final answer is {}. I hope it is correct."


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        # as normalize_final_answer of EleutherAI/lm-evaluation-harness at 0348ed9 gives them
        # (lm_eval/tasks/minerva_math/utils.py, which is appendix D.1's)
        ("$\\frac12$", "\\frac{1}{2}"),
        ("x = 5", "5"),
        ("1,000", "1000"),
        ("$3\\text{ meters}$", "3"),
        ("\\boxed{7}", "7"),
        ("$\\sqrt3$", "\\sqrt{3}"),
        ("45^\\circ", "45"),
        ("\\$12.50", "12.50"),
        ("an apple", "apple"),
        ("12 units", "12"),
        ("$(1, 2)$", "(1,2)"),
        ("$3 sqrt$3", "3sqrt{}"),  # the closing mark is what stands under the root
    ],
)
def test_answers_have_one_form(written: str, normal: str) -> None:
    assert normalised(written) == normal


def test_final_answers_stand_where_they_are_announced() -> None:
    assert final_answer(f"So 2 + 2 = 4. {BELOW.format('$4$')}") == "4"
    assert final_answer("It is 4.") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("\\frac{1}{2}", "0.5", True),
        ("2x+x", "3x", True),
        ("\\sqrt{8}", "2\\sqrt{2}", True),
        ("x^2-1", "(x-1)(x+1)", True),
        ("1/3", "0.333", False),
        ("apple", "apple", True),
        ("apple", "pear", False),
        ("2xy", "yx+xy", True),  # letters side by side are a product, as in sympy's parse_latex that the harness asks
        ("XY", "YX", True),
        ("xy", "x+y", False),
        ("9^{9^9}", "1", False),
        ("1/0", "1/0", True),
        ("\\frac{1}{\\sqrt{2}}", "\\sqrt{\\frac{1}{2}}", True),
        ("\\frac{x^2-1}{x-1}", "x+1", True),
        ("2**(0**(0-1)-0**(0-1))", "1", False),
        ("((((9^64)^64)^64)^64)^64", "1", False),  # 3 Gbit
        ("(a+b+c+d+e+f)^64", "1", False),  # 12 million terms
        ("(a+b+c+d+e+f)^64", "(a+b+c+d+e+f)^64", True),
        ("1/(a+b)+1/(c+d)+1/(e+f)+1/(g+h)", "1/(k+l)", False),  # minutes of common divisors
    ],
)
def test_answers_are_equal_where_sympy_finds_them_so(one: str, other: str, same: bool) -> None:
    assert equal(one, other) is same


@pytest.mark.parametrize("text", ["__import__('os')", "x.y", "2e5", "x_1", "f'x'", "1 if 1 else 2", "9**9999", ""])
def test_what_is_no_formula_is_not_read(text: str) -> None:
    assert formula(text) is None


def test_the_majority_wins() -> None:
    write = Script({"Solution:": [BELOW.format(each) for each in ("$\\frac12$", "3", "0.5", "3", "$1/2$")] + ["None."]})
    system = Minerva(write, samples=6, examples=(("1 + 1?", BELOW.format(2)),))
    response = system.respond([("user", "What is half of one?")])
    assert (response.text, response.report["votes"]) == ("\\frac{1}{2}", {"\\frac{1}{2}": 3, "3": 2})
    assert write.prompts == [
        f"Problem:\n1 + 1?\n\nSolution: {BELOW.format(2)}\n\nProblem:\nWhat is half of one?\n\nSolution:"
    ]
    system.equal = False
    assert system.respond([("user", "What is half of one?")]).text == "3"
    nothing = Minerva(Script({"Solution:": "?"}), samples=2).respond([("user", "x")])
    assert (nothing.text, nothing.report["declined"]) == ("", "no solution has a final answer")
