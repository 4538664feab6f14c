"""Systems by name, card and options, and conversations that are kept, in Python and on the command line."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from clados.apply.ready import Ready, load
from clados.cli.chat import _report
from clados.cli.frame import run_command_line
from clados.errors import InputError
from clados.systems.blenderbot3 import BlenderBot3
from clados.systems.conversation import KeptConversation
from clados.systems.making import SYSTEMS, SystemOptions, make_system, system_name
from clados.systems.minerva import Minerva
from clados.systems.system import Response, System
from clados.systems.translator import ModelTranslator
from clados.systems.tuned import TunedModel
from clados.systems.writing import ModelWriter
from tests.apply.little import LENGTHS, written
from tests.systems.scripted import Script
from tests.systems.test_tools import documents

SMALL = "small/gpt-2-instruct"
Clados = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights and 192 positions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LENGTHS, "gpt-2", 192)
        return written("gpt-2", tmp_path_factory.mktemp("little") / "gpt-2")


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return documents(tmp_path_factory.mktemp("docs"))


@pytest.fixture
def clados(capsys: pytest.CaptureFixture[str]) -> Clados:
    """Exit code, stdout and stderr of a command."""

    def call(*argv: object) -> tuple[int, str, str]:
        code = run_command_line([str(each) for each in argv])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def first_line(error: str) -> str:
    assert error.count("\n") == 1, error
    return error.removeprefix("clados: ").strip()


@pytest.mark.parametrize("name", [each for each in SYSTEMS if each != "template"])
def test_every_system_answers_with_any_model(name: str, little: Path, docs: Path) -> None:
    """The loop runs to its end on random weights; what it says then has no meaning."""
    asked = SystemOptions(docs=docs, samples=2, chosen={"max_new_tokens": 6, "seed": 1})
    asked = asked if name in ("gophercite", "sparrow", "lamda", "minerva") else replace(asked, samples=None)
    system = make_system(little, name, asked)
    assert system.name == name
    assert system.assumed
    assert isinstance(system.respond([("user", "Where is Paris?")]).text, str)


def named(ready: Ready, name: str) -> Ready:
    return replace(ready, name=name)


def test_the_card_says_which_system_fits(little: Path, docs: Path) -> None:
    ready = load(little)
    assert system_name(ready, SystemOptions()) == "template"
    assert system_name(named(ready, "sparrow"), SystemOptions()) == "sparrow"
    assert system_name(named(ready, "gophercite"), SystemOptions()) == "template"  # nothing to quote
    assert system_name(named(ready, "gophercite"), SystemOptions(docs=docs)) == "gophercite"
    assert system_name(named(ready, "gophercite"), SystemOptions(docs=docs), "template") == "template"
    with pytest.raises(InputError, match="system is 'spar'; did you mean 'sparrow'"):
        system_name(ready, SystemOptions(), "spar")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tools", "calculater"], "tools has 'calculater'; did you mean 'calculator'?; there are calculator, trans"),
        (["--tools", "search"], "tools has search; say where: --docs FOLDER, or --search-url ADDRESS"),
        (["--tools", "translator"], "tools has translator; name its model: --translator DIR, or DIR=LANGUAGE"),
        (["--docs", "nowhere"], "nowhere: there is no such folder of documents"),
        (["--docs", "empty"], "empty: no document there can be searched"),
        (["--docs", "docs", "--search-url", "http://x"], "docs and search-url are both given; one of them goes"),
        (["--search-url", "x"], "search-url is 'x'; it must be http:// or https://, a host"),
        (["--tool", "x"], "tool is 'x'; it must be module:function, a function of a text"),
        (["--as", "sparow"], "system is 'sparow'; did you mean 'sparrow'?"),
        (["--as", "seeker"], "this needs a search"),
        (["--reward", "x:y"], "reward is given, and template has no use for it; gophercite or sparrow would"),
        (["--as", "gophercite", "--docs", "docs", "--decline-below", "1"], "decline-below is given without a reward"),
        (["--as", "lamda", "--system", "x"], "system is given, and lamda has no use for it; template would"),
        (["--as", "sparrow", "--rules", "none.txt"], "none.txt: the rules cannot be read"),
        (["--as", "sparrow", "--rules", "docs"], "docs: the rules cannot be read: Is a directory"),
        (["--as", "sparrow", "--rule-judge", "os:getcwd"], "it is called with a rule and a dialogue, and os:getcwd()"),
        (["--examples", "docs"], "examples is given, and template has no use for it; minerva would"),
        (["--as", "minerva", "--examples", "docs"], "docs: holds Text; Pair is needed here"),
        (["--as", "minerva", "--examples", "none.jsonl"], "none.jsonl: no such path or embedded set"),
        (["--reward", ""], "reward is given, and template has no use for it"),
        (["--as", "lamda", "--samples", "99999999999"], "samples is 99999999999; it must be above 0 and at most 4,096"),
        (["--as", "gophercite", "--decline-below", "nan"], "decline-below is nan; it must be finite"),
        (["--prompt", ""], "the message is empty; there is nothing to answer"),
        (["--tools", ""], "tools is ''; it must be names, parted by commas"),
        (["--tools", "calculator", "--tool-seconds", "nan"], "tool-seconds is nan; it must be above 0"),
        (["--translator", ""], "the directory of a model is empty; a path is needed"),
        (["--save", "docs"], "docs: it cannot be read (Is a directory)"),
    ],
)
def test_what_cannot_be_is_one_line(
    options: list[str], message: str, clados: Clados, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    documents(tmp_path / "docs")
    (tmp_path / "empty").mkdir()
    code, out, err = clados("chat", SMALL, "--prompt", "Hi", "--max-new-tokens", 2, *options)
    assert (code, out) == (2, "")
    assert message in first_line(err)


def test_tools_are_read_before_the_answer_and_one_that_hangs_is_left_out(
    clados: Clados, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mytools.py").write_text(
        "import time\ndef slow(text):\n    time.sleep(1)\ndef bad(text):\n    raise ValueError('no\\nway')\n"
        "def age(text):\n    return 'Nadal is 35.'\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("3*4\n\nHow old is Nadal?\n"))
    code, out, err = clados(
        "chat", SMALL, "--tools", "calculator", "--tool", "mytools:slow", "--tool", "mytools:bad", "--tool",
        "mytools:age", "--tool-seconds", 0.05, "--steps", "--max-new-tokens", 3, "--temperature", 0,
        "--save", "talk.json",
    )  # fmt: skip
    assert code == 0
    assert err.splitlines()[1:] == [
        "tool mytools:slow has not answered within 0.05 seconds; it is left out here",
        "tool mytools:bad failed with ValueError: no way",
        "tool: 12",
        "tool: Nadal is 35.",
        "tool mytools:slow has not answered within 0.05 seconds; it is left out here",
        "tool mytools:bad failed with ValueError: no way",
        "tool: Nadal is 35.",
    ]
    kept = json.loads((tmp_path / "talk.json").read_text())
    assert [each["content"] for each in kept["messages"][::2]] == ["3*4", "How old is Nadal?"]
    assert out.splitlines() == [each["content"] for each in kept["messages"][1::2]]


def test_what_was_found_stands_where_the_template_reads_it() -> None:
    """In Alpaca's input; else as a line of the user's before the question (OpenChatKit inference/bot.py)."""
    from clados.data.templates import closed, written as as_text
    from clados.spec import Template

    ready = load(SMALL)
    assert ready.objective is not None
    plain, alpaca = (
        replace(ready, objective=ready.objective.but(template=each))
        for each in (
            Template(prompt="<human>: {prompt}\n<bot>:", answer=" {answer}\n"),
            Template(prompt="{prompt}|{input}"),
        )
    )
    said = TunedModel(plain)._with([("user", "a"), ("assistant", "b"), ("user", "2+2?")], ["4", "5"])
    assert as_text(Template(prompt="<human>: {prompt}\n<bot>:", answer=" {answer}\n"), said).text == (
        "<human>: a\n<bot>: b\n<human>: 4\n5\n2+2?\n<bot>:"
    )
    said = TunedModel(alpaca)._with([("user", "2+2?")], ["4"])
    assert as_text(closed(Template(prompt="{prompt}|{input}"), "", continues=True), said).text == "2+2?|4"


class Echo(System):
    """Says what it heard, and counts."""

    name = "echo"

    def __init__(self) -> None:
        self.turns = 0

    def respond(self, said: Sequence[tuple[str, str]]) -> Response:
        self.turns += 1
        if said[-1][1] == "fail":
            raise InputError("it failed")
        return Response(f"{len(said)}: {said[-1][1]}")

    def state(self) -> dict[str, int]:
        return {"turns": self.turns}

    def restore(self, state: object) -> None:
        assert isinstance(state, dict)
        self.turns = int(state["turns"])


def test_a_conversation_is_kept_after_every_turn_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    told = KeptConversation(Echo(), file)
    told.answer("one")
    told.answer("two")
    with pytest.raises(InputError, match="it failed"):
        told.answer("fail")
    with pytest.raises(InputError, match="the message is empty"):
        told.answer(" ")
    again = KeptConversation(Echo(), file)
    assert again.messages == [("user", "one"), ("assistant", "1: one"), ("user", "two"), ("assistant", "3: two")]
    assert again.system.state() == {"turns": 2}
    assert again.answer("three").text == "5: three"
    with pytest.raises(InputError, match="its conversation is with echo, and not with blenderbot3"):
        KeptConversation(BlenderBot3(Script({}), None), file)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "[]", "{", '{"messages": 3, "system": "echo", "state": {}}',
        '{"messages": [{"role": "user", "content": "x"}], "system": "echo", "state": {}}',
        '{"messages": [], "system": "echo", "state": {"turns": "x"}}',
    ],
)  # fmt: skip
def test_a_damaged_conversation_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text(text)
    with pytest.raises(InputError, match=r"talk\.json"):
        KeptConversation(Echo(), tmp_path / "talk.json")
    assert (tmp_path / "talk.json").read_text() == text


def test_judges_and_rules_of_one_s_own(
    clados: Clados, little: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "judging.py").write_text(
        "def short(prompts, answers):\n    return [-len(each) for each in answers]\n"
        "def rules(rule, dialogue):\n    return 0.75 if 'no' in rule else 0.25\n"
    )
    (tmp_path / "rules.txt").write_text("no shouting\n\nbe kind\n")
    code, out, _ = clados(
        "chat", little, "--as", "sparrow", "--reward", "judging:short", "--rule-judge", "judging:rules", "--rules",
        "rules.txt", "--samples", 3, "--seed", 1, "--max-new-tokens", 4, "--prompt", "Hi", "--json", "--steps",
    )  # fmt: skip
    assert code == 0
    told = json.loads(out)
    assert (told["system"], told["report"]["rules"]) == ("sparrow", {"no shouting": 0.75, "be kind": 0.25})
    assert told["report"]["broken"] == ["no shouting"]
    candidates = [each["text"] for each in told["steps"] if each["who"] == "candidate"]
    assert told["answer"] == min(candidates, key=len)


def test_problems_with_solutions_stand_before_and_a_model_that_is_read_is_prepared(
    little: Path, tmp_path: Path
) -> None:
    file = tmp_path / "shots.jsonl"
    file.write_text('{"prompt": "1 + 1?", "completion": " It is 2."}\n{"prompt": "2?", "completion": "2"}\n')
    system = make_system(little, "minerva", SystemOptions(examples=str(file), samples=2))
    assert isinstance(system, Minerva)
    assert system.examples == (("1 + 1?", "It is 2."), ("2?", "2"))
    assert isinstance(system.write, ModelWriter)
    assert not any(each.requires_grad for each in system.write.ready.model.parameters())
    ready = load(little)
    make_system(ready, "minerva")
    assert all(each.requires_grad for each in ready.model.parameters())  # one's own stays as it is


def test_figures_of_a_report_are_a_line_each() -> None:
    found = {
        "rules": {"No threats.": 1 / 3, "Kind.": 0.0},
        "broken": [],
        "evidence": None,
        "memories": ["a", "b"],
        "n": 2,
    }
    assert list(_report(found)) == [
        "rules: No threats.: 0.3333", "rules: Kind.: 0", "broken: none", "evidence: none", "memories: 1: a",
        "memories: 2: b", "n: 2",
    ]  # fmt: skip


def test_translations_are_asked_for_in_words(tmp_path: Path) -> None:
    """A model of one direction, German, with random weights."""
    translate = ModelTranslator(written("transformer", tmp_path / "transformer"), "de")
    assert len(translate("Delete in German")) == 1
    assert translate("Delete in French") == translate("Delete") == translate("1 + 1") == []
