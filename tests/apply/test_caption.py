"""caption: texts by the command and from Python, on a model with random weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from clados import spec as s
from clados.apply.caption import caption
from clados.apply.ready import load
from clados.checkpoints import save_pretrained
from clados.cli.frame import run_command_line
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.proofs.cases import small
from clados.train.fitting import tokenizer_for
from tests.apply.little import examples, picture


def looking(folder: Path) -> Path:
    """A small Flamingo whose gates are open, with random weights."""
    declared_model: Any = declared("flamingo").model
    tokenizer: Any = tokenizer_for(declared_model, examples("gpt-2"), 400, ("<image>", "<EOC>"))
    model = small(declared_model).but(inputs=s.but(vocab=s.but(size=tokenizer.size)))
    module = build(model)
    random = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for each in module.parameters():
            each.add_(0.3 * torch.randn(each.shape, generator=random))
    return save_pretrained(module, folder, tokenizer=tokenizer)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return looking(tmp_path_factory.mktemp("caption") / "writer")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("images")
    for i in range(3):
        Image.fromarray(picture(i)).save(folder / f"{i}.png")
    return [str(folder / f"{i}.png") for i in range(3)]


def test_a_text_is_of_its_image_and_of_the_examples_before_it(writer: Path, files: list[str]) -> None:
    ready = load(writer)
    one, other = caption(ready, files[:2])
    assert one != other
    assert caption(ready, files[0]) == [one]
    shown = caption(ready, files[0], examples=[(files[1], "a dog")])
    assert shown != [one]
    assert shown != caption(ready, files[0], examples=[(files[2], "a dog")])
    assert shown != caption(ready, files[0], examples=[(files[1], "the river")])
    assert caption(ready, files[0], prompt="A dog") != [one]
    drawn = [caption(ready, files[0], temperature=1.0, seed=seed) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@torch.no_grad()
def test_each_token_is_the_likeliest_of_a_whole_pass(writer: Path, files: list[str]) -> None:
    ready: Any = load(writer)
    model, image = ready.model, ready.spec.image_token
    from clados.apply.images import pixel_values

    pixels, ids = pixel_values(ready, files[:1])[None], [image]
    while len(ids) < 9 and ids[-1] != image + 1:
        scores = model(torch.tensor([ids]), pixel_values=pixels).logits[0, -1]
        scores[image] = -torch.inf
        ids.append(int(scores.argmax()))
    written = [each for each in ids[1:] if each != image + 1]
    assert caption(ready, files[0], max_new_tokens=8) == [ready.required_tokenizer.decode(written).strip()]


def test_the_command_writes_what_the_function_does(
    writer: Path, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["caption", str(writer), "--image", files[0], "--image", files[1], "--example", f"{files[2]}=a dog"]
    assert run_command_line([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["caption"] for each in told] == caption(writer, files[:2], examples=[(files[2], "a dog")])
    assert run_command_line(["caption", str(writer), "--image", files[0], "--example", "a dog"]) == 2
    assert "needed is FILE=TEXT" in capsys.readouterr().err


def test_what_cannot_be_captioned_is_refused(writer: Path, files: list[str]) -> None:
    with pytest.raises(InputError, match="has the mark of an image"):
        caption(writer, files[0], prompt="a dog <image>")
    with pytest.raises(InputError, match="max_new_tokens is 0"):
        caption(writer, files[0], max_new_tokens=0)
