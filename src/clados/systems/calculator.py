"""Sums, exactly, and without running anything: numbers, brackets and ``+ - * / // % **``."""

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

_ASKED = re.compile(r"(?:what(?:'s| is)|how much is|calculate|compute)\s+", re.IGNORECASE)
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-"})
_SUM = re.compile(r"[0-9.,eE_+\-*/%()\s]+")
_LONGEST = 300  # characters of what is read
_POWER, _DIGITS = 1000, 2000  # the largest exponent, and digits of a result

_TWO: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda a, b: Fraction(a // b),
    ast.Mod: operator.mod,
    ast.Pow: lambda a, b: _power(a, b),
}


def calculator(text: str) -> list[str]:
    """The value of a sum such as ``135+7721`` as a text; nothing for what is none (Thoppilan et al. 2022, §6.2).

    Numbers are fractions, so that 0.1 + 0.2 is 0.3; what has no end is given to twelve digits. A question of the kind
    "What is 2 * 3?" is read as well.
    """
    asked = _ASKED.sub("", text.strip(), count=1).strip().rstrip("?=. ").translate(_SIGNS).replace("^", "**")
    if len(asked) > _LONGEST or not _SUM.fullmatch(asked):  # Python warns of words that stand behind a number
        return []
    try:
        tree = ast.parse(re.sub(r"(?<=\d),(?=\d{3}\b)", "", asked), mode="eval").body
        if not any(isinstance(node, ast.BinOp) for node in ast.walk(tree)):
            return []
        return [_shown(_value(tree, asked))]
    except (SyntaxError, ValueError, ArithmeticError, MemoryError, RecursionError):
        return []


def _value(node: ast.expr, source: str) -> Fraction:
    """Raises ValueError: for anything but numbers and operations on them."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Fraction(repr(number))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=inner):
            value = _value(inner, source)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _TWO:
            found = _TWO[type(sign)](_value(left, source), _value(right, source))
            if max(found.numerator.bit_length(), found.denominator.bit_length()) > 4 * _DIGITS:
                raise ValueError("too large")
            return found
    raise ValueError(f"no number: {source}")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > _POWER:
        raise ValueError("exponents are whole numbers up to 1000")
    return Fraction(base ** int(exponent))


def _shown(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    places = next((n for n in range(1, 40) if rest == 1 and (value * 10**n).denominator == 1), None)
    if places is None:
        return f"{float(value):.12g}"
    whole = abs(value.numerator) * 10**places // value.denominator
    digits = str(whole).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
