"""Any objective on any structure that can learn by it; the others are refused with the reason."""

import json
from pathlib import Path

import pytest

import clados
from clados import spec as s
from clados.errors import CladosError
from clados.models.declared import declared
from clados.train.choices import Choices
from clados.train.objective import objective
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.swapped import learning
from tests.train.small import choices, write_texts


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("texts"))


@pytest.mark.parametrize(
    ("name", "learned"),
    [
        ("roberta", s.MaskedTokens()),
        ("masked-tokens", s.MaskedTokens()),
        ("masked_tokens", s.MaskedTokens()),
        ("MaskedTokens:rate=0.3,replaced=0.0", s.MaskedTokens(rate=0.3, replaced=0.0)),
        ("bert:large", s.MaskedTokens(draws=10, packing=s.SentencePairs())),
        ("bert:large,rate=0.2", s.MaskedTokens(rate=0.2, draws=10, packing=s.SentencePairs())),
        ("bert:packing=SentencePairs(follows=0.3,short=0.0)", None),
        (
            "image-classes:changes=(RandomCrop(), RandomFlip()), smoothing=0.1",
            s.ImageClasses(changes=(s.RandomCrop(), s.RandomFlip()), smoothing=0.1),
        ),
        ("supervised:template=Template(prompt='(, {prompt}')", s.Supervised(s.Template(prompt="(, {prompt}"))),
        ("replaced-tokens:generator=Size(layers=2,d_model=64,heads=1)", s.ReplacedTokens(generator=s.Size(2, 64, 1))),
    ],
)
def test_an_objective_is_named_by_a_card_or_by_itself_with_fields(name: str, learned: s.Objective | None) -> None:
    stage = learning(declared("electra"), name).recipe.stages[0]
    wanted = learned or s.MaskedTokens(draws=10, packing=s.SentencePairs(follows=0.3, short=0.0))
    assert stage == declared("electra").recipe.stages[0].but(objective=wanted)


def test_a_plan_says_which_stage_of_a_card_its_objective_is(data: Path) -> None:
    for name, stage in (
        ("electra", "pretraining of electra"),
        ("deberta:v3-base,rate=0.2", "pretraining of deberta:v3-base"),
        ("e5", "contrastive pretraining of e5"),
        ("masked-tokens", ""),
        (None, ""),
    ):
        assert Choices(model="bert", objective=name).objective_of == stage
    plan = planned(choices(data, "bert", objective="electra"))
    assert plan.stage_json()["objective of"] == "pretraining of electra"


def test_the_model_keeps_the_heads_that_are_read_and_gets_those_that_it_lacks() -> None:
    bert = learning(declared("bert"), "electra")
    assert [each.slot for each in bert.model.own_heads] == ["discriminator"]
    assert bert.at("large").own_heads == declared("electra").model.own_heads
    assert learning(declared("bert"), "roberta").model.own_heads == declared("bert").model.own_heads[:1]
    electra = learning(declared("electra"), "bert").model
    assert [each.slot for each in electra.own_heads] == ["lm", "pooler", "nsp"]
    # the generator is to BERT what ELECTRA's is to ELECTRA
    part = bert.recipe.stages[0].objective
    assert part == declared("electra").recipe.stages[0].objective


@pytest.mark.parametrize(
    ("card", "name", "said"),
    [
        ("gpt-2", "bert", "gpt-2 cannot learn so: MaskedTokens needs a model that sees every word from both sides"),
        ("t5", "electra", "ReplacedTokens needs a model .*; this EncoderDecoder writes one text in answer to another"),
        (
            "bert",
            "gpt-2",
            "NextToken needs a model that goes on from left to right; this Encoder sees",
        ),
        ("gpt-2", "t5", "CorruptedSpans needs a model that writes one text in answer to another; this Decoder goes on"),
        ("vit", "bert", "MaskedTokens learns from texts; this Encoder reads Patches"),
        ("clip", "roberta", "MaskedTokens needs a model that sees every word from both sides; this TwoTower"),
        ("bert", "replaced-tokens:generator=Size(2,64,1)", "ReplacedTokens needs a head 'discriminator', which this"),
        ("bart", "t5", "CorruptedSpans needs sentinels in the vocabulary"),
        (
            "electra",
            "albert:rates=0.1",
            "albert:rates=0.1: .*MaskedNgrams has no 'rates'; did you mean 'rate",
        ),
        ("bert", "masked-token", "no model and no objective is called 'masked-token'; did you mean 'masked-tokens'"),
        ("bert", "electra:tiny", "electra has no size 'tiny'"),
        ("bert", "replaced-tokens", "objective is replaced-tokens: .*missing.* 'generator'"),
        (
            "bert",
            "masked-tokens:rate=0.1,words",
            "objective is .*: 'words' has no value; a field is given as FIELD=VALUE",
        ),
        ("bert", "electra:base,small", "objective is electra:base,small: 'small' has no value; a field is given as"),
        (
            "bert",
            " ",
            "^objective is empty; a model or an objective's own name is allowed, as electra, or",
        ),
        ("bert", "x", "no model and no objective is called 'x'; allowed are names such as electra"),
        ("bert", "electra:", "electra has no size ''; it has base"),
        (
            "bert",
            "masked-tokens:rate=",
            "rate is '', which is no value; allowed are numbers, .* as in masked-tokens:rate=0.3$",
        ),
        ("bert", "masked-tokens:rate=(0.3", r"rate is '\(0.3', which is no value; allowed are numbers"),
        ("bert", "masked-tokens:rate=low", "rate is 'low', which is no value; allowed are numbers"),
        ("bert", "masked-tokens:rate=Low()", "there is no part 'Low'"),
        ("bert", "masked-tokens:rate=0.1,rate=0.2", "rate is given twice"),
        ("gpt-2", "comparisons", "Comparisons needs a head 'reward', which this Decoder lacks"),
    ],
)
def test_what_cannot_be_learned_so_is_refused_with_the_reason(data: Path, card: str, name: str, said: str) -> None:
    with pytest.raises(CladosError, match=said):
        planned(choices(data, card, objective=name))


@pytest.mark.parametrize(
    ("card", "name"),
    [("bert", "electra"), ("roberta", "albert"), ("electra", "bert"), ("albert", "roberta"), ("big-bird", "electra"),
     ("deberta", "electra"), ("llama", "gpt-2"), ("t5-v1.1", "t5")],
)  # fmt: skip
def test_a_step_is_made_by_another_model_s_objective(data: Path, card: str, name: str, tmp_path: Path) -> None:
    wanted = choices(data, card, objective=name, steps=1, params="500K", batch=2)
    result = pretrain(wanted, tmp_path / "run")
    assert result.finished
    kept = json.loads((tmp_path / "run" / "run.json").read_text())
    assert kept["choices"]["objective"] == name
    model = clados.from_pretrained(tmp_path / "run")
    assert not any("owned" in each for each, _ in model.named_parameters())


def test_it_is_recorded_compared_and_shown(data: Path, tmp_path: Path) -> None:
    wanted = choices(data, "bert", objective="electra", steps=2)
    pretrain(wanted, tmp_path / "run")
    with pytest.raises(CladosError, match=r"its stage.objective is ReplacedTokens\(.*this run's is MaskedTokens"):
        pretrain(choices(data, "bert", steps=2), tmp_path / "run", resume=True)
    text = "The cat sees the stone and the dog sees the house."
    assert isinstance(objective(tmp_path / "run", text).objective, s.ReplacedTokens)
    shown = objective("bert", text, by="masked-tokens:rate=0.3,replaced=0.0,masked=1.0")
    assert sum(each.mark == "hidden" for each in shown.view.sees) in (4, 5)
    with pytest.raises(CladosError, match="gpt-2 cannot learn so"):
        objective("gpt-2", text, by="bert")
    assert Choices(model="bert", objective="electra").objective == "electra"
