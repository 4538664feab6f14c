"""Examples as texts: the published prompts, whose turn it is, and fields that are not there."""

from dataclasses import replace
from pathlib import Path

import pytest

from clados.data.errors import DataError
from clados.data.examples import Dialogue, Pair
from clados.data.rows import examples_of
from clados.data.templates import Conversation, closed, conversation, end_of, marks_of, messages, prompt_of, written
from clados.data.vocabularies import load_tokenizer
from clados.models.declared import declared
from clados.small import model_folder
from clados.spec import Recipe, SpecError, Supervised, Template

HELLO = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
SHARED = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}
TASK = {"instruction": "Add them.", "input": "1 2", "output": "3"}
BARE = {**TASK, "input": ""}
INTRO = "Write a response that appropriately completes the request.\n\n### Instruction:\nAdd them.\n\n"


def template(card: str, size: str | None = None) -> Template:
    recipe: Recipe = declared(card).recipe_at(size)
    objective = next(each.objective for each in recipe.stages if isinstance(each.objective, Supervised))
    return objective.template


def text_of(card: str, row: dict[str, object], size: str | None = None) -> str:
    (example,) = examples_of(row, "row", "row")
    assert isinstance(example, Pair | Dialogue)
    return written(template(card, size), conversation(example)).text


TURNS = {
    "messages": [
        {"role": role, "content": text}
        for role, text in (("user", "Hello!"), ("assistant", "Hi!"), ("user", "How are you?"), ("assistant", "Fine."))
    ]
}


@pytest.mark.parametrize(
    ("card", "row", "expected"),
    [
        # PROMPT_DICT of tatsu-lab/stanford_alpaca train.py, the answer and eos_token right behind it
        (
            "alpaca",
            TASK,
            "Below is an instruction that describes a task, paired with an input that provides further context. "
            f"{INTRO}### Input:\n1 2\n\n### Response:3</s>",
        ),
        ("alpaca", BARE, f"Below is an instruction that describes a task. {INTRO}### Response:3</s>"),
        # lm-sys/FastChat conversation.py, vicuna_v1.1 (ADD_COLON_TWO, " " and "</s>")
        (
            "vicuna",
            TURNS,
            "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
            "detailed, and polite answers to the user's questions. USER: Hello! ASSISTANT: Hi!</s>"
            "USER: How are you? ASSISTANT: Fine.</s>",
        ),
        # PROMPT_WITH_INPUT_FORMAT and PROMPT_NO_INPUT_FORMAT of databrickslabs/dolly training/consts.py
        (
            "dolly:v2-3b",
            {"instruction": "Add them.", "context": "1 2", "response": "3"},
            f"Below is an instruction that describes a task. {INTRO}Input:\n1 2\n\n### Response:\n3\n\n### End",
        ),
        (
            "dolly:v2-3b",
            {"instruction": "Add them.", "context": "", "response": "3"},
            f"Below is an instruction that describes a task. {INTRO}### Response:\n3\n\n### End",
        ),
        # format_pairs of LAION-AI/Open-Assistant model/model_training/custom_datasets/formatting.py
        (
            "openassistant-llama",
            TURNS,
            "<|prompter|>Hello!</s><|assistant|>Hi!</s><|prompter|>How are you?</s><|assistant|>Fine.</s>",
        ),
        # lm-sys/FastChat conversation.py, conv_koala_v1 (ADD_COLON_TWO); docs/koala.md of young-geng/EasyLM
        (
            "koala",
            TURNS,
            "BEGINNING OF CONVERSATION: USER: Hello! GPT: Hi!</s>USER: How are you? GPT: Fine.</s>",
        ),
    ],
)
def test_texts_are_the_published_ones(card: str, row: dict[str, object], expected: str) -> None:
    name, _, size = card.partition(":")
    assert text_of(name, row, size or None) == expected


def test_an_answer_of_vicuna_begins_with_the_space_before_it() -> None:
    said = messages([("user", "Hi")])
    assert written(template("vicuna"), said).text.endswith("USER: Hi ASSISTANT:")


@pytest.mark.parametrize("card", ["chatgpt", "sparrow", "anthropic-assistant", "gophercite"])
def test_what_every_answer_begins_with_is_given_and_not_learned(card: str) -> None:
    form = next(each.objective.template for each in declared(card).recipe.stages if hasattr(each.objective, "template"))
    fields = [(each, "A") for each in ("title", "quote", "claim", "evidence")]
    said = conversation(Pair("d", "Q", "A", fields=tuple(fields)))
    whole = written(form, said)
    asked = written(form, Conversation((replace(said.turns[0], answer=None),), said.system)).text
    assert len(asked) > len(prompt_of(form, said.turns[0]))
    ((start, end),) = whole.answers
    assert whole.text[:start] == asked
    assert whole.text[start:].lstrip().startswith("A")
    assert end == len(whole.text)


@pytest.mark.parametrize("row", [HELLO, SHARED, {"prompt": "Hi", "completion": "Hello"}])
def test_rows_of_several_kinds_are_the_same_turn(row: dict[str, object]) -> None:
    (example,) = examples_of(row, "row", "row")
    assert isinstance(example, Pair | Dialogue)
    (turn,) = conversation(example).turns
    assert turn.answer is not None
    assert (turn.prompt["prompt"], turn.prompt["instruction"], turn.answer["output"]) == ("Hi", "Hi", "Hello")


def test_who_speaks_first_and_twice() -> None:
    said = [("system", "Be kind."), ("gpt", "?"), ("human", "a"), ("human", "b"), ("gpt", "c"), ("user", "d")]
    found = messages(said)
    assert found.system == "Be kind."
    assert [(turn.prompt["prompt"], turn.answer and turn.answer["answer"]) for turn in found.turns] == [
        ("a\nb", "c"),
        ("d", None),
    ]
    with pytest.raises(DataError, match="a message is of the role 'tool'; known are user, human"):
        messages([("user", "a"), ("tool", "b")])
    with pytest.raises(DataError, match="no message is a user's"):
        messages([("gpt", "a")])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{wish}", "the template names the field 'wish', which the examples lack; they have prompt"),
        ("{prompt", "cannot be read"),
        ("{prompt.real}", "'{prompt.real}' is no field's name"),
        ("{}", "is no field's name"),
    ],
)
def test_a_template_with_an_unknown_field_is_refused_by_name(pattern: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        written(Template(prompt=pattern), conversation(Pair("", "a", "b")))


def test_nothing_runs_into_the_next() -> None:
    plain = Template()
    assert closed(plain, "</s>", continues=True) == Template(prompt="{prompt}</s>", answer="{answer}</s>")
    assert closed(plain, "</s>", continues=False) == Template(answer="{answer}</s>")
    assert closed(template("vicuna"), "</s>", continues=True) == template("vicuna")
    assert closed(template("alpaca-lora"), "</s>", continues=True).answer == "{output}</s>"
    assert closed(plain, "", continues=True) == plain


def test_marks_are_tokens_of_a_template_s_own() -> None:
    assert marks_of(template("chatgpt")) == ("<|im_start|>", "<|im_end|>")
    assert marks_of(template("openassistant-sft1")) == ("<|prompter|>", "<|assistant|>")
    assert marks_of(template("openchatkit")) == ()


def test_a_template_names_marks_of_any_form(tmp_path: Path) -> None:
    """Dolly 2's tokens of its own (load_tokenizer of databrickslabs/dolly training/trainer.py) are one id each."""
    one, first = template("dolly", "v2-3b"), template("dolly")
    assert (marks_of(one), end_of(one)) == (("### Instruction:", "### Response:\n", "### End"), "### End")
    assert (marks_of(first), end_of(first)) == ((), "")  # version 1 added none
    tokenizer = load_tokenizer(model_folder("small/gpt-2")).grown(marks_of(one), {})
    tokenizer.save(tmp_path)
    kept = load_tokenizer(tmp_path)
    text = written(one, messages([("user", "Hi"), ("assistant", "Ho")])).text
    tokens = kept.tokens(kept.encode(text))
    assert [each for each in tokens if each.startswith("###")] == [*one.marks]
    assert tokens[tokens.index("### Response:\n") + 1] == "H"
    assert tokens[-1] == "### End"


def test_a_mark_stands_in_the_template_and_the_longer_wins() -> None:
    with pytest.raises(SpecError, match="'### Stop'; each must stand in the template's texts"):
        Template(answer="{answer}### End", marks=("### Stop",))
    both = Template(prompt="# A{prompt}", answer="# AB{answer}<|end|>", marks=("# A", "# AB"))
    assert (marks_of(both), end_of(both)) == (("# A", "# AB", "<|end|>"), "<|end|>")
