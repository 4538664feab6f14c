"""GopherCite: answers that quote a page word for word, ranked by a reward (Menick et al. 2022, arXiv 2203.11147).

The question goes to the search as it is; answers are drawn from one page after the other, round and round (figure 2); a
reward model picks one, and where its score is below a threshold the answer is "I don't know" (§2.9).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from clados.apply.chat import Message
from clados.apply.decoding.constraint import Quotes
from clados.objectives.base import Judge
from clados.objectives.judges import judge_scores
from clados.systems.system import Response, Spoken, System, best_of, last_said
from clados.systems.tools import ToolResult, Toolset
from clados.systems.writing import TextWriter, Wanted

CLAIM, QUOTE = ("%<", ">%"), ("%[", "]%")
DECLINED = "I don't know"
CITED_ANSWERS = 16  # that are drawn: as in SFT + top@16 (table 1)
DRAWN = {"temperature": 1.0}
SHORTEST = 5  # characters of a quote: a shorter one is bad syntax (appendix F.1)
_CITED = re.compile(r"%<(?P<claim>.+?)>%\((?P<title>.*?)\)%\[(?P<quote>.+?)\]%", re.DOTALL)


@dataclass(frozen=True)
class Cited:
    """A claim with the page that it is of, and a quote from that."""

    claim: str
    title: str
    quote: str

    def __str__(self) -> str:
        return f"%<{self.claim}>%({self.title})%[{self.quote}]%"


def cited(text: str) -> Cited | None:
    """An answer in the published syntax, read; None where it is none (§2.1)."""
    found = _CITED.search(text)
    return None if found is None else Cited(**{name: each.strip() for name, each in found.groupdict().items()})


def page_prompt(question: str, page: ToolResult) -> tuple[str, str]:
    """A page and the question behind it, as published (table 12); the page may lose its end."""
    return f"Page: {page.title}\n{page.text}", f"\n\nQuestion: {question}\nAnswer: "


@dataclass
class GopherCite(System):
    """Quoted answers of one model, ranked by another.

    Attributes:
        judge: the reward of questions and answers; a reward model reads claim, title and quote, and no page. Without
            one the first answer is taken.
        samples: answers that are drawn; pages: of how many pages; threshold: the least score of an answer.
        claim, quote: tokens of each at most; shortest: characters of a quote at least.
    """

    write: TextWriter
    tools: Toolset
    judge: Judge | None = None
    samples: int = CITED_ANSWERS
    pages: int = 4
    threshold: float | None = None
    claim: int = 48
    quote: int = 96
    shortest: int = SHORTEST

    name: ClassVar[str] = "gophercite"
    cards: ClassVar[tuple[str, ...]] = ("gophercite",)
    assumed: ClassVar[tuple[str, ...]] = (
        "the marks and the page's title are given to the model, and only claim and quote are its own: a constraint for "
        "the whole syntax is published in words alone (appendix J)",
        "how many pages are read is not published; 4 stand here",
    )

    def respond(self, said: Sequence[Message]) -> Response:
        """The best of the drawn answers, or that it does not know."""
        question = last_said(said)
        pages = self.tools.pages(question, self.pages)
        steps = [Spoken("page", page.title) for page in pages]
        answers = list(self._drawn(question, pages))
        if not answers:
            return Response(DECLINED, tuple(steps), {"declined": "no page was found" if not pages else "no quote"})
        scores = None
        if self.judge is not None:
            texts = [str(each) for each in answers]
            scores = judge_scores(self.judge, f"of {self.name}", [question] * len(texts), texts)
        best = 0 if scores is None else best_of(list(map(str, answers)), scores)
        steps += [Spoken("candidate", str(each)) for each in answers]
        report = {"claim": answers[best].claim, "title": answers[best].title, "quote": answers[best].quote}
        if scores is None:
            return Response(str(answers[best]), tuple(steps), report)
        declines = self.threshold is not None and scores[best] < self.threshold
        figures = {**report, "reward": scores[best], "rewards": scores, "declined": declines}
        return Response(DECLINED if declines else str(answers[best]), tuple(steps), figures)

    def _drawn(self, question: str, pages: Sequence[ToolResult]) -> Iterator[Cited]:
        """Answers of one page after the other; those without a claim, or with too short a quote, are left out."""
        each, more = divmod(self.samples, len(pages) or 1)
        claims = [self._claims(question, page, each + (number < more)) for number, page in enumerate(pages)]
        for turn in range(each + bool(more)):
            for page, found in zip(pages, claims):
                claim = found[turn] if turn < len(found) else ""
                if claim and (answer := self._quoted(question, page, claim)) is not None:
                    yield answer

    def _claims(self, question: str, page: ToolResult, n: int) -> list[str]:
        before, prompt = page_prompt(question, page)
        begun = f"{prompt}{CLAIM[0]}"
        wanted = Wanted(prompt=begun, before=before, n=n, stop=(CLAIM[1],), max_new_tokens=self.claim, chosen=DRAWN)
        return [each.strip() for each in self.write(wanted)] if n else []

    def _quoted(self, question: str, page: ToolResult, claim: str) -> Cited | None:
        before, prompt = page_prompt(question, page)
        begun = f"{prompt}{CLAIM[0]}{claim}{CLAIM[1]}({page.title}){QUOTE[0]}"
        literal = Quotes(page.text, *QUOTE, begun=True)
        wanted = Wanted(
            prompt=begun, before=before, stop=(QUOTE[1],), constraint=literal, max_new_tokens=self.quote, chosen=DRAWN
        )
        (text,) = self.write(wanted)
        quote = text if text in page.text else text[:-1]  # cut within the closing mark
        good = len(quote.strip()) >= self.shortest and quote in page.text
        return Cited(claim, page.title, quote.strip()) if good else None
