"""Systems by name or by the card of their model, with the tools and judges that a user names."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from warnings import warn

from clados.apply.ready import ModelSource, Ready, load
from clados.data.examples import Pair
from clados.data.readers import read_as
from clados.errors import InputError
from clados.names import did_you_mean
from clados.nn.weight_layout import prepare_for_decoding
from clados.objectives.base import Judge
from clados.objectives.judges import called_with_two, judge_of
from clados.systems.blenderbot3 import BlenderBot3
from clados.systems.calculator import calculator
from clados.systems.gophercite import CITED_ANSWERS, GopherCite
from clados.systems.lamda import CANDIDATES, LaMDA
from clados.systems.minerva import VOTES, Minerva
from clados.systems.search import FolderSearch, ServerSearch
from clados.systems.seeker import Seeker
from clados.systems.sparrow import RULES, Sparrow
from clados.systems.system import System
from clados.systems.tools import SECONDS, Tool, Toolset, tool_of
from clados.systems.translator import ModelTranslator
from clados.systems.tuned import TunedModel
from clados.systems.writing import ModelWriter

SYSTEMS: dict[str, type[System]] = {
    each.name: each for each in (TunedModel, Seeker, BlenderBot3, GopherCite, Sparrow, LaMDA, Minerva)
}
NEEDS_SEARCH = (Seeker.name, GopherCite.name)
MOST_SAMPLES = 4096  # answers to choose from: above it is a slip of the finger
TOOLS = "calculator", "translator", "search"  # in the order in which they are tried (Thoppilan et al. 2022, §6.2)


@dataclass(frozen=True, kw_only=True)
class SystemOptions:
    """What a user asks for around a model; None: as the system has it.

    Attributes:
        tools: names of those that come along. docs: a folder to search; search_url: a server instead.
        translator: the directory of a model that translates. own: tools as ``module:function``.
        reward: who ranks answers, a directory of a reward model or ``module:function``.
        rule_judge: who says how likely a rule is broken, as ``module:function`` of a rule and a dialogue.
        rules: a file with one rule a line. opening: what a template's opening says.
        examples: a file of problems with their solutions, that stand before the question.
        chosen: how texts are written: ``max_new_tokens``, ``temperature``, ``top_p``, ``seed``.
    """

    tools: Sequence[str] = ()
    docs: Path | None = None
    search_url: str | None = None
    translator: str | None = None
    own: Sequence[str] = ()
    seconds: float = SECONDS
    reward: str | None = None
    rule_judge: str | None = None
    rules: Path | None = None
    examples: str | None = None
    decline_below: float | None = None
    samples: int | None = None
    opening: str | None = None
    chosen: dict[str, Any] = field(default_factory=dict)
    on_note: Callable[[str], object] = warn

    def toolset(self) -> Toolset:
        """The tools, each read once.

        Raises:
            InputError: a tool is not known, or lacks what it needs.
            DataError: the folder holds no text.
        """
        if unknown := next((each for each in self.tools if each not in TOOLS), None):
            near = did_you_mean(unknown, TOOLS)
            raise InputError(f"tools has '{unknown}'{near}; there are {', '.join(TOOLS)}, and --tool module:function")
        made: dict[str, Tool] = {}
        if "calculator" in self.tools:
            made["calculator"] = calculator
        if self.translator is not None:
            folder, _, language = self.translator.partition("=")
            made["translator"] = ModelTranslator(folder, language or None)
        elif "translator" in self.tools:
            raise InputError("tools has translator; name its model: --translator DIR, or DIR=LANGUAGE")
        if self.docs is not None and self.search_url is not None:
            raise InputError("docs and search-url are both given; one of them goes")
        if self.docs is not None:
            made["search"] = FolderSearch(self.docs)
        elif self.search_url is not None:
            made["search"] = ServerSearch(self.search_url, seconds=self.seconds)
        elif "search" in self.tools:
            raise InputError("tools has search; say where: --docs FOLDER, or --search-url ADDRESS")
        made |= {name: tool_of(name) for name in self.own}
        return Toolset(made, self.seconds, self.on_note)

    def judge(self) -> Judge | None:
        """The reward of answers."""
        return None if self.reward is None else judge_of(self.reward)

    def all_rules(self) -> tuple[str, ...]:
        """The rules of the file, or those that come along.

        Raises:
            InputError: the file cannot be read, or has no rule.
        """
        return RULES if self.rules is None else rules_in(self.rules, "rule")

    def all_examples(self) -> tuple[tuple[str, str], ...]:
        """Problems with their solutions, in the order of their file.

        Raises:
            DataError: the file cannot be read, or holds something else.
        """
        if self.examples is None:
            return ()
        return tuple((each.source.strip(), each.target.strip()) for each in read_as(Pair, self.examples))


def rules_in(file: Path, what: str) -> tuple[str, ...]:
    """The lines of a file that are not empty, one rule or principle each.

    Args:
        what: one of them is called.

    Raises:
        InputError: the file cannot be read, or has no such line.
    """
    try:
        found = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the {what}s cannot be read: {getattr(error, 'strerror', None) or error}") from error
    kept = tuple(each.strip() for each in found if each.strip())
    if not kept:
        raise InputError(f"{file}: there is no {what} in it; one stands on each line")
    return kept


def system_name(ready: Ready, options: SystemOptions, name: str | None = None) -> str:
    """The system that is asked for; else that of the model's card, where what it needs is given; else its template.

    Raises:
        InputError: there is no such system.
    """
    if name is not None:
        if name not in SYSTEMS:
            raise InputError(f"system is '{name}'{did_you_mean(name, SYSTEMS)}; there are {', '.join(SYSTEMS)}")
        return name
    found = next((each.name for each in SYSTEMS.values() if ready.name in each.cards), TunedModel.name)
    searches = options.docs is not None or options.search_url is not None
    return TunedModel.name if found in NEEDS_SEARCH and not searches else found


def make_system(source: ModelSource, name: str | None = None, options: SystemOptions | None = None) -> System:
    """A system around a model.

    Args:
        name: one of ``SYSTEMS``; None: as the model's card says, where it fits.

    Raises:
        InputError: no such system, a tool or judge that cannot be had, and options that it has no use for.
        CheckpointError: as ``load``.
    """
    asked = options or SystemOptions()
    ready = load(source)
    if not isinstance(source, Ready):
        prepare_for_decoding(ready.model)
    name = system_name(ready, asked, name)
    _check_used(name, asked)
    if name == TunedModel.name:
        return TunedModel(load(ready, "chat"), asked.toolset(), asked.opening or "", asked.chosen)
    write, tools, samples = ModelWriter(ready, **asked.chosen), asked.toolset(), asked.samples
    match name:
        case GopherCite.name:
            return GopherCite(write, tools, asked.judge(), samples or CITED_ANSWERS, threshold=asked.decline_below)
        case Sparrow.name:
            named = asked.rule_judge
            judge = None if named is None else called_with_two(named, "rule-judge", "a rule and a dialogue")
            made = Sparrow(write, tools, asked.judge(), judge, asked.all_rules())
            return made if samples is None else replace(made, plain=samples - samples // 2, grounded=samples // 2)
        case LaMDA.name:
            return LaMDA(write, write.log_p, tools, samples or CANDIDATES)
        case Minerva.name:
            return Minerva(write, samples or VOTES, asked.all_examples())
        case BlenderBot3.name:
            return BlenderBot3(write, tools, "compute" if tools.searches else "never")
        case _:
            return Seeker(write, tools)


_USES: dict[str, tuple[str, ...]] = {  # options that only some systems have a use for
    "reward": (GopherCite.name, Sparrow.name),
    "rule_judge": (Sparrow.name,),
    "rules": (Sparrow.name,),
    "examples": (Minerva.name,),
    "decline_below": (GopherCite.name,),
    "samples": (GopherCite.name, Sparrow.name, LaMDA.name, Minerva.name),
    "opening": (TunedModel.name,),
}


def _check_used(name: str, options: SystemOptions) -> None:
    for option, systems in _USES.items():
        if getattr(options, option) is not None and name not in systems:
            said = "system" if option == "opening" else option.replace("_", "-")
            raise InputError(f"{said} is given, and {name} has no use for it; {_listed(systems)} would")
    if options.samples is not None and not 0 < options.samples <= MOST_SAMPLES:
        raise InputError(f"samples is {options.samples}; it must be above 0 and at most {MOST_SAMPLES:,}")
    if options.decline_below is not None and not math.isfinite(options.decline_below):
        raise InputError(f"decline-below is {options.decline_below}; it must be finite")
    if options.decline_below is not None and options.reward is None:
        raise InputError("decline-below is given without a reward, whose score it is about: --reward DIR")


def _listed(names: Iterable[str]) -> str:
    return " or ".join(names)
