"""Forms made of parts' types: what they say is the model, and what is changed in them is read back from its files."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from clados import spec as s
from clados.models.declared import declared, declared_in, package_models
from clados.spec.core.reading import is_read
from clados.web.designing import designed, memory, part_kinds

GPT_2 = declared("gpt-2").model


@pytest.mark.parametrize("name", package_models())
def test_the_form_of_a_model_says_that_model(name: str) -> None:
    model = declared(name).model
    fields = designed(model, {}).fields
    assert designed(model, {each.path: each.value for each in fields}).new == model
    assert all(each.value == each.usual for each in fields)


def test_slots_offer_the_kinds_that_their_types_take() -> None:
    assert {*part_kinds(s.Norm)} == {"LayerNorm", "RMSNorm"}
    assert {"Rotary", "ALiBi", "RelativeBias"} <= {*part_kinds(s.StackPosition | None)}
    assert {"MLP", "Experts"} <= {*part_kinds(s.FeedForward)}


@pytest.mark.parametrize("name", ["gpt-2", "switch"])
def test_every_choice_makes_a_model_or_says_why_not(name: str) -> None:
    model = declared(name).model
    for each in designed(model, {}).fields:
        for choice in each.choices:
            found = designed(model, {each.path: choice})
            changed = found.new != model
            assert changed == (choice != each.value and not found.errors), (each.path, choice, found.errors)


def test_changes_that_hold_together_are_taken_together() -> None:
    assert designed(GPT_2, {"size.d_model": "100"}).errors.keys() == {"size.d_model"}
    both = designed(GPT_2, {"size.d_model": "100", "size.heads": "10"})
    assert not both.errors
    assert both.new.but(size=GPT_2.size) == GPT_2
    kept = designed(GPT_2, {"size.d_model": "100", "stack.norm": "RMSNorm"})
    assert isinstance(kept.new, s.Decoder)
    assert isinstance(kept.new.stack.norm, s.RMSNorm)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("size.layers", "many", "it takes a whole number"),
        ("size.layers", "0", "at least 1"),
        ("size.layers", "9" * 300, "300 letters"),
        ("stack.block.dropout", "1.5", "below 1"),
        ("stack.norm", "LayerNrm", "did you mean 'LayerNorm'"),
        ("stack.nrm", "LayerNorm", "did you mean"),
        ("size.layers", "__import__('os')", "it takes a whole number"),
        ("stack.norm", "", "it may be"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(path: str, value: str, said: str) -> None:
    found = designed(GPT_2, {path: value})
    assert said in found.errors[path]
    assert found.new == GPT_2


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("gpt-2", "size.experts", "8"),
        ("bert", "size.d_embedding", "128"),
        ("alphafold", "size.structure.kv_heads", "1"),
        ("dall-e-2:upsampler-256", "size.heads", "2"),
    ],
)
def test_a_number_that_no_part_reads_is_refused(name: str, path: str, value: str) -> None:
    model = declared(name.partition(":")[0]).at(name.partition(":")[2] or None)
    found = designed(model, {path: value, "size.layers": "2"} if name == "gpt-2" else {path: value})
    assert found.errors == {path: f"{path} is '{value}'; no part of this model reads it"}
    assert (found.new == model) == (name != "gpt-2")


@pytest.mark.parametrize("name", package_models())
def test_every_number_that_a_declaration_says_is_read(name: str) -> None:
    model = declared(name).model
    said = [each.path for each in designed(model, {}).fields if each.path.startswith("size.") and each.value]
    assert said
    unread = {path for path in said if not is_read(model, path)}
    assert unread == ({"size.codes.heads"} if name == "dall-e" else set())  # 1 as usual: its coder has no attention


def test_of_two_equal_sizes_each_is_read_by_its_own_side() -> None:
    own = declared("t5").model.size
    assert isinstance(own, s.Size)
    model: Any = declared("t5").model.but(
        size=s.Sides(own.but(experts=8), own.but(experts=8)),
        decoder=s.but(block=s.but(mlp=s.Experts("relu"))),
    )
    assert is_read(model, "size.decoder.experts")
    assert not is_read(model, "size.encoder.experts")
    assert is_read(model, "size.encoder.heads")


def test_experts_are_read_where_a_layer_has_them() -> None:
    found = designed(GPT_2, {"stack.block.mlp": "Experts", "size.experts": "8", "size.kv_heads": "4"})
    assert not found.errors
    assert designed(found.new, {"size.experts": "16"}).new != found.new


WORDS = [
    {"stack.norm": "RMSNorm", "stack.block.mlp.gated": "yes", "stack.block.mlp.act": "silu", "size.d_model": "1024",
     "size.heads": "16", "size.kv_heads": "4", "stack.position": "Rotary", "inputs.position": ""},
    {"stack.block.mlp": "Experts", "size.experts": "8", "stack.block.residual": "Post"},
    {},
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_the_declaration_that_is_kept_is_the_model_that_is_shown(
    client: TestClient, tmp_path: Path, words: dict[str, str]
) -> None:
    file = tmp_path / "my_model.py"
    file.write_text(client.get("/design.py", params={"model": "gpt-2:small", **words}).text)
    assert declared_in(file).model == designed(GPT_2, words).new


def test_the_card_that_is_kept_says_what_was_changed(client: TestClient) -> None:
    text = client.get("/design.toml?model=gpt-2:small&name=my-own&stack.norm=RMSNorm").text
    assert 'id = "my-own"' in text
    assert "norms are RMSNorm" in text
    assert client.get("/design.py?size.layers=x").status_code == 404


def test_memory_is_what_its_words_say() -> None:
    found = memory(GPT_2)
    assert found["weights in float32"] == 4 * 124_439_808
    assert found["keys and values of a token in bfloat16, at most"] == 2 * 12 * 768 * 2
    assert not any(name.startswith("keys") for name in memory(declared("bert").model))


def test_unknown_models_are_said_in_the_form(client: TestClient) -> None:
    text = client.get("/designer.html?model=gpt-9&name=%3Cscript%3E").text
    assert "gpt-9" in text
    assert "<script>" not in text.partition("</head>")[2]


def test_how_much_memory_changes_is_said_in_bytes(client: TestClient) -> None:
    text = client.get("/designer.html?model=gpt-2:small&stack.norm=RMSNorm").text
    assert '<small class="was">-76.8 KB</small>' in text  # 19,200 biases of norms in float32
    assert "0.0%" not in text


def test_a_word_that_no_form_has_is_told_above_what_comes_of_it(client: TestClient) -> None:
    said = client.get("/designer.html?base=llama").text
    assert 'role="alert">there is no &#x27;base&#x27;' in said
