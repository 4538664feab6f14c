"""Minerva: the answer that most of many solutions agree on (Lewkowycz et al. 2022, arXiv 2206.14858)."""

import ast
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from clados.apply.chat import Message
from clados.systems.system import Response, Spoken, System, last_said
from clados.systems.writing import TextWriter, Wanted

END = "I hope it is correct."
FINAL = re.compile(r"Final Answer: The final answer is (.*?)\. I hope it is correct", re.DOTALL)
VOTES = 64  # of 540B on MATH; 256 of the smaller ones (table 3)
# Appendix D.1 (normalisation): what is written otherwise, and what goes
_OTHERWISE = (
    ("an ", ""), ("a ", ""), (".$", "$"), (r"\$", ""), (r"\ ", ""), (" ", ""), ("mbox", "text"),
    (r",\text{and}", ","), (r"\text{and}", ","), (r"\text{m}", r"\text{}"),
)  # fmt: skip
_UNITS = (
    "square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", r"\ldots", "sue", "points",
    "feet", "minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students",
    "childrentickets", "multiples", r"\text{s}", r"\text{.}", "\\text{\ns}", r"\text{}^2", r"\text{}^3", "\\text{\n}",
    r"\text{}", r"\mathrm{th}", r"^\circ", r"^{\circ}", r"\;", r",\!", "{,}", '"', r"\dots",
)  # fmt: skip


@dataclass
class Minerva(System):
    """Solutions of one model, counted by their final answers.

    Attributes:
        samples: how many solutions are drawn. examples: problems with solutions that stand before (four, as published).
        equal: whether answers that sympy finds equal are one.
    """

    write: TextWriter
    samples: int = VOTES
    examples: tuple[tuple[str, str], ...] = ()
    equal: bool = True

    name: ClassVar[str] = "minerva"
    cards: ClassVar[tuple[str, ...]] = ("minerva",)
    assumed: ClassVar[tuple[str, ...]] = (
        "the four problems of the published prompt are not here: give your own (--examples)",
        "votes for answers that sympy finds equal are added up; the paper does so where it checks answers",
    )

    def respond(self, said: Sequence[Message]) -> Response:
        """The answer with most votes, and one of its solutions."""
        shots = "".join(f"{problem_prompt(problem)} {solution}\n\n" for problem, solution in self.examples)
        draws = {"temperature": 0.6, "top_p": 0.95}  # §3.1
        prompt = shots + problem_prompt(last_said(said))
        found = self.write(Wanted(prompt=prompt, n=self.samples, stop=("Problem:",), max_new_tokens=512, chosen=draws))
        votes, solutions = dict[str, int](), dict[str, str]()
        for text in found:
            if (answer := final_answer(text)) is None:
                continue
            known = next((each for each in votes if each == answer or (self.equal and equal(each, answer))), answer)
            votes[known] = votes.get(known, 0) + 1
            solutions.setdefault(known, text.strip())
        if not votes:
            return Response("", (), {"declined": "no solution has a final answer", "samples": len(found)})
        best = max(votes, key=lambda each: votes[each])
        report: dict[str, Any] = {"answer": best, "votes": votes, "samples": len(found)}
        return Response(best, (Spoken("solution", solutions[best]),), report)


def problem_prompt(problem: str) -> str:
    """A problem as the published prompt has it (appendix D.2)."""
    return f"Problem:\n{problem}\n\nSolution:"


def final_answer(solution: str) -> str | None:
    """The answer of a solution in its normal form; None where it has none."""
    found = FINAL.search(solution)
    return None if found is None else normalised(found[1])


def normalised(answer: str) -> str:
    """An answer in the normal form of appendix D.1: without units and typesetting, fractions and roots in braces."""
    answer = answer.rpartition("=")[2]
    for old, new in (*_OTHERWISE, *((each, "") for each in _UNITS)):
        answer = answer.replace(old, new)
    answer = re.sub(r".*?(\$.*?\$).*", r"\1", answer)
    for wrapped in (r"\\text\{(.*?)\}", r"\\textbf\{(.*?)\}", r"\\overline\{(.*?)\}"):
        answer = re.sub(wrapped, r"\1", answer)
    answer = re.sub(r"\\boxed\{(.*)\}", r"\1", answer)
    answer = re.sub(r"frac([^{])(.)", r"frac{\1}{\2}", answer)
    answer = re.sub(r"sqrt([^{])", r"sqrt{\1}", answer).replace("$", "")
    return answer.replace(",", "") if answer.replace(",", "").isdigit() else answer


def equal(one: str, other: str) -> bool:
    """Whether sympy finds two answers equal; of what is no formula, or a long one, whether they are the same text."""
    import sympy

    first, second = formula(one), formula(other)
    if first is None or second is None or first == second:
        return first == second if first is not None else one == other
    apart = first - second
    if max(_terms(apart)) > _TERMS:
        return one == other
    if apart.is_rational_function():
        return bool(sympy.expand(sympy.fraction(sympy.together(apart))[0]) == 0)
    return bool(sympy.simplify(apart) == 0)


_EXPONENT = 64  # the largest that is worked out
_BITS = 4096  # of a power of a number
_TERMS = 100  # of a formula that is multiplied out: what a model writes may take minutes and gigabytes
_SHAPES = (
    (r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))"),
    (r"\\sqrt\{([^{}]*)\}", r"((\1)**(1/2))"),
    (r"\*\*\{([^{}]*)\}", r"**(\1)"),
)


def formula(answer: str) -> Any:
    """What sympy makes of numbers, letters and ``+ - * / ^``, with fractions and roots; None for anything else.

    Letters side by side are a product, as in sympy's own reading of LaTeX: words too, and two of the same letters are
    equal.

    Nothing is run: the text is read as a tree, and the tree is put together anew.
    """
    plain, before = answer.replace(r"\cdot", "*").replace("^", "**"), ""
    while plain != before:  # from the inside out
        before = plain
        for shape, sum_ in _SHAPES:
            plain = re.sub(shape, sum_, plain)
    if not re.fullmatch(r"[0-9a-zA-Z+\-*/().]{1,100}", plain):
        return None
    try:
        tree = ast.parse(re.sub(r"(?<=[0-9a-zA-Z)])(?=[a-zA-Z(])", "*", plain), mode="eval")
        return _made(tree.body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError):
        return None


def _terms(made: Any) -> tuple[int, int]:
    """How many terms a formula has at most, above and below, as one fraction that is multiplied out."""
    parts = [_terms(part) for part in made.args]
    if made.is_Pow and made.exp.is_Integer:
        power = abs(int(made.exp))
        above, below = (math.comb(power + terms - 1, power) for terms in parts[0])
        return (below, above) if made.exp < 0 else (above, below)
    below = math.prod(under for _, under in parts)
    if made.is_Add:
        return sum(above * (below // under) for above, under in parts), below
    return math.prod(above for above, _ in parts), below


def _made(node: ast.expr) -> Any:
    """Raises ValueError: for what is no formula, or too large."""
    import sympy

    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return sympy.Rational(repr(number))
        case ast.Name(id=name) if len(name) == 1:
            return sympy.Symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_made(inner)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_made(left), _made(right))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as sign, right=right):
            one, other = _made(left), _made(right)
            if isinstance(sign, ast.Div):
                if other == 0:
                    raise ZeroDivisionError
                return one / other
            return (
                one + other if isinstance(sign, ast.Add) else one - other if isinstance(sign, ast.Sub) else one * other
            )
    raise ValueError("no formula")


def _power(base: Any, exponent: Any) -> Any:
    if exponent.is_number and not abs(exponent) <= _EXPONENT:
        raise ValueError("too large")
    if base == 0 and not exponent.is_positive:
        raise ZeroDivisionError
    if base.is_Rational and exponent.is_number and max(base.p.bit_length(), base.q.bit_length()) * _EXPONENT > _BITS:
        raise ValueError("too large")
    return base**exponent
