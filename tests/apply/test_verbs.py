"""What a model can do follows from what it is; anything else is refused with the list of what it can."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clados import spec as s
from clados.apply.ready import Ready, load
from clados.apply.verbs import VERBS, check_verb, verbs
from clados.checkpoints import CheckpointError
from clados.cli.commands import COMMANDS
from clados.errors import InputError
from clados.models.declared import declared

CAN = {
    "bert": "fill embed",
    "roberta": "fill embed",
    "electra": "discriminate embed",
    "gpt": "generate embed answer",
    "gpt-2": "generate embed answer",
    "gpt-3": "generate embed answer",
    "gpt-neox-20b": "generate embed answer",
    "llama": "generate embed answer",
    "transformer-xl": "generate embed answer",
    "glm": "generate fill embed answer",
    "xlnet": "fill embed",
    "transformer": "generate embed translate summarize answer",
    "t5": "generate fill embed translate summarize answer",
    "t5-v1.1": "generate fill embed translate summarize answer",
    "vit": "embed classify",
    "swin": "embed classify",
    "clip": "embed match",
    "flamingo": "caption",
    "decision-transformer": "act",
}


@pytest.mark.parametrize(("card", "can"), CAN.items())
def test_each_declared_model_can_do_what_its_kind_inputs_and_heads_allow(card: str, can: str) -> None:
    assert verbs(declared(card).model) == tuple(can.split())


def test_what_it_has_learned_narrows_the_choice() -> None:
    model = declared("t5").model
    assert verbs(model, s.CorruptedSpans()) == ("generate", "fill", "embed")
    assert verbs(model, s.Translation()) == ("generate", "embed", "translate")
    assert verbs(model, s.GapSentences()) == ("generate", "embed", "summarize")
    assert verbs(model, s.Supervised()) == ("generate", "chat", "embed", "summarize", "answer")


def test_a_head_that_is_left_out_takes_its_verb_with_it() -> None:
    assert verbs(declared("bert").model.but(heads=())) == ("embed",)


def test_every_verb_is_a_command() -> None:
    assert set(VERBS) <= set(COMMANDS)


def test_a_wrong_verb_is_refused_with_the_right_ones() -> None:
    with pytest.raises(InputError) as error:
        check_verb("classify", "gpt-2", declared("gpt-2").model)
    assert str(error.value) == "gpt-2 is a Decoder of tokens: it can generate, embed, answer; not classify"


def test_a_verb_lost_by_what_was_learned_says_so(ready: Callable[[str], Ready]) -> None:
    t5 = ready("t5")
    with pytest.raises(InputError, match="trained on CorruptedSpans: it can generate, fill, embed; not translate"):
        load(t5, "translate")


def test_the_command_line_refuses_in_one_line(
    directory: Callable[[str], Path], clados: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = clados("classify", directory("gpt-2"), "image.png")
    assert (code, out) == (2, "")
    assert err == "clados: gpt-2 is a Decoder of tokens: it can generate, embed; not classify\n"


def test_a_run_that_has_not_ended_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(CheckpointError, match="--resume"):
        load(tmp_path)
