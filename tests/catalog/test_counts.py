"""Counts beside the published figures, and differences in words, parts and parameters."""

import itertools
import re

import pytest

import clados
from clados.catalog.counts import Counted, bases, count_size, ledger, rounds
from clados.catalog.differences import compare_models, diff
from clados.catalog.load import catalog
from clados.catalog.sentences import brief, sentence
from clados.catalog.sizes import size_named
from clados.errors import InputError
from clados.models.declared import declared, package_models
from clados.spec import MLP, Parallel, Post, Pre, ProductMLP, RelativeBias, Rotary, count_parameters
from clados.tables import TextTable

CARDS = catalog()
SIDE_BY_SIDE = "attention and feed-forward run side by side, with a norm for each, instead of one after the other"


def rows(name: str, size: str | None = None) -> list[Counted]:
    """The rows of a size."""
    return count_size(CARDS[name], size_named(CARDS[name], size))


def test_a_size_has_a_row_for_each_basis_of_its_published_figures() -> None:
    model, body = rows("bert", "base")
    assert (model.basis, model.total, model.published) == ("model", 110_106_428, 110_000_000)
    assert (body.basis, body.total, body.exact) == ("body+pooler", 109_482_240, 109_482_240)
    assert body.why == "equal to the unit"


def test_a_basis_can_be_named() -> None:
    [row] = count_size(CARDS["gpt-neox-20b"], size_named(CARDS["gpt-neox-20b"], None), "non-embedding")
    assert row.total == 19_934_859_264
    with pytest.raises(InputError, match="did you mean 'body'"):
        count_size(CARDS["bert"], size_named(CARDS["bert"], None), "bodi")


def test_a_difference_has_the_cards_reason() -> None:
    [row] = rows("roberta", "base")
    assert row.exact is not None
    assert row.exact - 768 == row.total
    assert "768" in row.why


def test_sizes_are_found_by_alias_and_misspelt_ones_are_refused() -> None:
    assert size_named(CARDS["bert"], "bert-base-uncased").name == "base"
    assert size_named(CARDS["gpt-2"], None).name == "xl"
    with pytest.raises(InputError, match="bert has no size 'larg'; did you mean 'large'"):
        size_named(CARDS["bert"], "larg")


@pytest.mark.parametrize(
    ("total", "published", "agrees"),
    [
        (124_439_808, 124_000_000, True),
        (1_557_611_200, 1_500_000_000, False),
        (20_554_567_680, 20_000_000_000, False),
        (6_738_415_616, 7_000_000_000, True),
        (4_433_468, 4_400_000, True),
        (109_482_240, 109_482_240, True),
        (109_482_246, 109_482_240, False),
    ],
)
def test_a_label_is_compared_with_the_digits_that_it_prints(total: int, published: int, agrees: bool) -> None:
    assert rounds(total, published) is agrees


@pytest.mark.parametrize("name", package_models())
def test_the_folded_ledger_adds_up_like_the_full_one(name: str) -> None:
    model = declared(name).model
    folded, full = ledger(model), ledger(model, full=True)
    assert sum(line.total for line in folded) == sum(line.total for line in full) == count_parameters(model).total
    assert sum(line.times for line in folded) == len(full)
    assert len(folded) < max(120, len(full) / 2)  # levels of a U-Net and stages of a pyramid are of unlike widths


def test_bases_are_words_or_the_whole_model() -> None:
    assert bases(size_named(CARDS["bert"], None)) == ["model", "body+pooler"]
    assert bases(size_named(CARDS["clip"], None)) == ["model"]


@pytest.mark.parametrize(
    ("old", "new"), [("bert", "roberta"), ("gpt", "gpt-2"), ("bert", "t5"), ("clip", "vit"), ("gpt-3", "gpt-2")]
)
def test_differences_are_symmetrical(old: str, new: str) -> None:
    there, back = (compare_models(declared(a).model, declared(b).model) for a, b in ((old, new), (new, old)))
    assert {name: pair[::-1] for name, pair in there.parameters.items()} == dict(back.parameters)
    assert sorted(repr((c.old, c.new)) for c in there.changes) == sorted(
        repr((c.new, c.old)) for c in back.changes
    ) or (
        old == "gpt-3"  # layers that take turns are told against the first alone
    )


def test_parameters_by_part_add_up_to_the_totals() -> None:
    for old, new in (("bert", "t5"), ("clip", "decision-transformer"), ("gpt-2", "llama")):
        found_pairs = compare_models(declared(old).model, declared(new).model).parameters
        groups = [pair for name, pair in found_pairs.items() if name not in ("total", "non-embedding")]
        assert tuple(map(sum, zip(*groups, strict=True))) == found_pairs["total"]
        assert found_pairs["total"] == (
            count_parameters(declared(old).model).total,
            count_parameters(declared(new).model).total,
        )


def test_a_model_does_not_differ_from_itself() -> None:
    for name in package_models():
        assert not compare_models(declared(name).model, declared(name).model).changes


def test_a_size_is_compared_with_the_headline_size_of_its_own_model_and_with_its_namesake_of_another() -> None:
    assert "From llama:7b to llama:65b" in str(diff("llama:7b", "llama").page())
    assert "From llama:65b to llama:7b" in str(diff("llama", "llama:7b").page())
    assert "From llama:7b to alpaca:7b" in str(diff("llama:7b", "alpaca").page())


def test_what_one_model_assumes_is_said_once_beside_itself() -> None:
    lines = str(diff("bert", "bert").page()).splitlines()
    assumed = lines[lines.index("Assumed, or otherwise than published") + 1 :]
    assert assumed
    assert len({*assumed}) == len(assumed)
    assert not any("+0" in line for line in lines)


def test_what_both_sides_of_a_translator_changed_is_said_once() -> None:
    changes = compare_models(declared("t5").model, declared("t5-v1.1").model).changes
    gated = [each.sentence for each in changes if each.path.endswith("gated")]
    assert gated == ["encoder, decoder: the feed-forward layer is gated"]


def test_unlike_kinds_are_compared_by_the_slots_that_both_have() -> None:
    changes = {each.path: each for each in compare_models(declared("bert").model, declared("t5").at("base")).changes}
    assert changes["kind"].new == "EncoderDecoder"
    assert changes["stack.block.residual"].sentence == "the norm stands before each branch instead of after"
    assert changes["decoder"].sentence == "decoder, which reads the encoder's states by cross-attention"
    assert "size.d_ff" not in changes  # both 3,072, though only one says so


def test_a_decoder_answers_to_the_decoder_of_an_encoder_decoder() -> None:
    changes = {each.path: each for each in diff("t5:base", "gpt-2").changes}
    assert changes["stack.block.cross"].sentence == "no cross-attention"
    assert changes["encoder"].new is None
    assert "stack.sees" not in changes  # both causal
    assert {each.path for each in diff("vit", "clip").changes} >= {"text", "temperature"}
    assert "image" in {each.path for each in diff("gpt-2", "clip").changes}


def test_what_differs_in_cross_attention_is_named_so() -> None:
    tokenizer = {each.path: each.sentence for each in diff("bart", "t5").changes}
    assert tokenizer["decoder.block.cross.biases"].startswith("decoder, cross-attention: ")


def test_stacks_are_compared_word_by_word() -> None:
    changes = {each.path: each for each in diff("bert", "deberta").changes}
    assert changes["stack.decoder"].sentence == "a decoder of masked words for last layer"
    assert (changes["stack.norm.eps"].old, changes["stack.norm.eps"].new) == (1e-12, 1e-7)


def test_a_difference_tells_how_both_are_trained() -> None:
    found = diff("bert", "roberta")
    training = {each.path.removeprefix("recipe.stages[0]."): each for each in found.training}
    assert training["objective.packing"].sentence == "objective, packing: full sentences instead of sentence pairs"
    assert (training["batch"].old, training["batch"].new) == (256, 8192)
    assert "160 GB" in training["data"].new
    assert {"tokenizer", "optimiser.lr", "schedule.warmup", "steps"} <= training.keys()
    assert [each["path"] for each in found.as_dict()["training"]] == [each.path for each in found.training]


def test_tuning_is_told_as_further_stages() -> None:
    told = [each.sentence for each in diff("gpt-3", "instructgpt").training]
    assert told[0].startswith("no pretraining: the next token on 300B tokens")
    assert told[0].endswith("it starts from gpt-3:175b")
    assert [each.split(":")[0] for each in told[1:]] == [
        f"a further stage, {name}" for name in ("demonstrations", "comparisons", "reinforcement")
    ]
    assert not diff("gpt-3", "gpt-3").training


def test_of_the_parts_inside_a_part_the_names_are_printed_alone_and_no_text_is_cut() -> None:
    for old, new in itertools.product(("t5", "clip", "deberta", "anthropic-assistant", "switch"), ("gpt-2", "vit")):
        page = diff(old, new).page()
        (parts,) = (each for each in page.blocks if isinstance(each, TextTable) and each.heads[0] == "part")
        cells = [cell for row in parts.rows for cell in row]
        assert not [cell for cell in cells if re.search(r"\([^)]*\([^)]*\(", cell) or "…" in cell]


FAR = """
    t5 gpt-2, bert gpt-2, clip vit, t5 bert, gpt-3 glam, clip gpt-2, deberta bert, xlnet bert, transformer-xl gpt-2,
    decision-transformer gpt-2, switch t5, glm palm, gpt-3 instructgpt, alexatm-20b bart, ernie bert, big-bird albert,
    instructor llama, gophercite sparrow, electra vit
"""


@pytest.mark.parametrize("pair", [pair.strip() for pair in FAR.split(",")])
def test_no_line_holds_a_part_as_python_prints_it(pair: str) -> None:
    found = diff(*pair.split())
    printed = re.compile(r"(?<!sqr)[A-Za-z]\(|[a-z]=|\bNone\b|\bTrue\b|\bFalse\b|…")
    cells = [brief(value) for each in found.changes for value in (each.old, each.new)]
    for line in (*(each.sentence for each in (*found.changes, *found.training)), *cells):
        assert not printed.search(line), line


# Sizes that came later, from another paper or release, from other people, or that the paper does not mean by the bare
# name: none means them.
LATER = {
    "clip": {"rn50x64"},  # of the same paper, which calls ViT-L/14@336px CLIP where it names no other (§3.2)
    "alpaca": {"13b"},  # others' replications
    "big-bird": {"pegasus-large"},  # of another structure, PEGASUS's
    "distilbert": {"base-multilingual-cased"},  # a later release, larger by its vocabulary alone
    "dolly": {"v2-7b", "v2-12b"},  # another model, a month later
    "e5": {"multilingual-large"},  # 2024 (arXiv:2402.05672)
    "glm": {"130b"},  # GLM-130B (arXiv:2210.02414)
    "gpt-3.5": {"gpt-3.5-turbo-0301", "code-davinci-002"},  # of March 2023; of code
    "openllama": {"13b"},  # June 2023
    "vicuna": {"33b"},  # June 2023
    "xlm-roberta": {"xl", "xxl"},  # arXiv:2105.00572
}


@pytest.mark.parametrize("name", package_models())
def test_a_bare_name_means_the_largest_size_of_its_own_paper(name: str) -> None:
    card = CARDS[name]
    counts = {size: count_parameters(model).total for size, model in declared(name).models().items()}
    own = {size: total for size, total in counts.items() if size not in LATER.get(name, ())}
    assert card.headline_size is not None
    assert own[card.headline_size.name] >= 0.99 * max(own.values())
    assert clados.count(name).total == counts[card.headline_size.name]


def test_every_way_to_a_model_takes_the_same_size_for_a_bare_name() -> None:
    for name in ("t5", "gpt-2", "bert", "decision-transformer"):
        total = clados.count(name).total
        built = clados.build(name, device="meta")
        assert sum(each.numel() for each in built.parameters()) == total
        assert clados.draw(name).data["params"] == total
        assert clados.diff(name, name).parameters["total"] == (total, total)
        size = clados.card(name).headline_size
        assert size is not None
        assert clados.compare(name).rows["size"][0].split()[0] == size.name


def test_sizes_side_by_side_are_those_of_a_difference() -> None:
    found = clados.compare("gpt-3", "LLaMA:7b")
    assert found.models == ("gpt-3", "llama:7b")
    assert (found.rows["size"], found.rows["size.layers"]) == (("175b 175B", "7b 7B"), ("96", "32"))
    for pair in (
        ("gpt-3", "llama:13b"),
        ("bert:base", "bert"),
        ("t5:small", "t5-v1.1"),
        ("bert:base", "roberta:large"),
    ):
        other = clados.diff(*pair)
        sizes = [each.split()[0] for each in clados.compare(*pair).rows["size"]]
        assert [f"{card.partition(':')[0]}:{size}" for card, size in zip(pair, sizes)] == [other.old, other.new]
    assert clados.compare("llama:7b", "llama:13b", "opt").rows["size.layers"][:2] == ("32", "40")
    with pytest.raises(InputError, match="llama has no size '8b'; it has 13b, 33b, 65b, 7b"):
        clados.compare("gpt-3", "llama:8b")


NARROWER = "it reads tokens through a narrow table instead of tokens"
GATE_TIMES_UP = "feed-forward layer MLP of gate × up instead of MLP (activation GELU (tanh))"


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("stack.block.residual", Post(), Pre(), "the norm stands before each branch instead of after"),
        ("stack.block.residual", Pre(), Parallel(), SIDE_BY_SIDE),
        ("stack.position", None, Rotary(), "queries and keys are rotated by their positions"),
        ("encoder.position", None, RelativeBias(), "encoder: scores get a learned bias by distance"),
        ("stack.block[1].attn.pattern", None, None, "layer 2 of each turn: attention sees all that the stack may see"),
        ("inputs.vocab.size", 30522, 50265, "vocabulary of 50,265 instead of 30,522"),
        ("size.d_model", 768, 1024, "d_model: 1,024 instead of 768"),
        ("stack.block.mlp.act", "gelu_tanh", "relu", "activation ReLU instead of GELU (tanh)"),
        ("stack.block.mlp", MLP("gelu_tanh"), ProductMLP(), GATE_TIMES_UP),
        ("inputs.vocab.kind", "wordpiece", "bytes", "tokenised by byte-level BPE instead of WordPiece"),
        ("inputs, kind", "Tokens", "Factorised", NARROWER),
        ("inputs.position, kind", "Learned", "Blanks", "position embeddings: blanks instead of learned"),
        ("target, kind", "Target", "OwnTarget", "the decoder has tables of its own"),
        ("stack.groups", None, 1, "all layers share one set of weights"),
        ("something.else", 1, 2, "something, else: 2 instead of 1"),
    ],
)  # fmt: skip
def test_a_difference_is_said_in_words(path: str, old: object, new: object, expected: str) -> None:
    assert sentence(path, old, new) == expected


def test_a_count_by_name_is_that_of_the_declared_size() -> None:
    assert clados.count("gpt-2:small").total == clados.count(declared("gpt-2").model).total
    assert clados.count("LLaMA:7b").total == 6_738_415_616
    assert clados.count("bert:base", "body+pooler").total == 109_482_240
    with pytest.raises(InputError, match="gpt-2 has no size 'extra'"):
        clados.count("gpt-2:extra")
