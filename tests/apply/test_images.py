"""Images are prepared as transformers prepares them; classes and texts have the model's own shares."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from clados.apply.classify import classify
from clados.apply.match import match
from clados.apply.ready import Ready
from clados.data.examples import DataError
from clados.data.pictures import Preprocessing
from clados.spec import SpecError
from tests.apply.little import SENTENCES, picture


@pytest.mark.parametrize(
    "processor",
    [
        transformers.models.vit.image_processing_pil_vit.ViTImageProcessorPil(
            size={"height": 24, "width": 20}, resample=2
        ),
        transformers.models.clip.image_processing_pil_clip.CLIPImageProcessorPil(
            size={"shortest_edge": 24}, crop_size={"height": 20, "width": 18}
        ),
    ],
    ids=["stretched", "cropped"],
)
def test_images_are_prepared_as_by_transformers(processor: Any) -> None:
    for shape in ((40, 30), (31, 57), (24, 24)):
        image = picture(3, *shape)
        theirs = processor(images=[Image.fromarray(image)], return_tensors="np").pixel_values[0]
        ours = Preprocessing.of(processor.to_dict())(image)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_what_the_trainer_writes_is_read_by_both(tmp_path: Path, directory: Callable[[str], Path]) -> None:
    processor = transformers.AutoImageProcessor.from_pretrained(directory("clip"))
    image = picture(4, 40, 30)
    theirs = processor(images=[Image.fromarray(image)], return_tensors="np").pixel_values[0]
    np.testing.assert_allclose(Preprocessing.usual(16)(image), theirs, rtol=0, atol=1e-6)
    steps = Preprocessing.usual(16)
    assert Preprocessing.of(steps.config()) == steps


def test_grey_and_coloured_images_fit_either_kind_of_model() -> None:
    assert Preprocessing.usual(8, 3)(picture(0)[..., :1]).shape == (3, 8, 8)
    assert Preprocessing.usual(8, 1)(picture(0)).shape == (1, 8, 8)


def test_unusable_preprocessing_is_named() -> None:
    with pytest.raises(DataError, match="resample is 9; allowed: 0, 1, 2, 3, 4, 5"):
        Preprocessing.of({"resample": 9})
    with pytest.raises(DataError, match=r"preprocessor_config\.json: unusable"):
        Preprocessing.of({"size": {"tall": 3}})


def test_the_classes_have_the_models_shares_and_the_directorys_names(ready: Callable[[str], Ready]) -> None:
    vit = ready("vit")
    torch.nn.init.normal_(vit.model.heads["classifier"].out.weight)  # zero at the start
    images = [picture(i) for i in range(5)]
    found = classify(vit, images, top=10, batch=2)
    assert vit.images is not None
    with torch.no_grad():
        scores = vit.model(pixel_values=torch.from_numpy(np.stack([vit.images(each) for each in images]))).logits
    for labels, row in zip(found, scores.softmax(-1)):
        assert [each.number for each in labels] == row.argsort(descending=True).tolist()
        assert [each.label for each in labels] == [str(each.number) for each in labels]  # digits
        assert sum(each.probability for each in labels) == pytest.approx(1)


def test_classes_have_the_names_that_config_json_gives(directory: Callable[[str], Path]) -> None:
    config = transformers.AutoConfig.from_pretrained(directory("vit"))
    assert config.id2label == {i: str(i) for i in range(10)}


def test_a_path_and_its_pixels_are_the_same_image(image: Path, ready: Callable[[str], Ready]) -> None:
    pixels = np.asarray(Image.open(image))
    assert classify(ready("vit"), image) == classify(ready("vit"), pixels)


def test_texts_have_the_shares_of_the_models_own_scores(ready: Callable[[str], Ready]) -> None:
    clip = ready("clip")
    images = [picture(i) for i in range(3)]
    found = match(clip, images, SENTENCES, batch=2)
    assert found.shape == (3, 4)
    assert clip.images is not None
    pixels = torch.from_numpy(np.stack([clip.images(each) for each in images]))
    for column, text in enumerate(SENTENCES):
        with torch.no_grad():
            out = clip.model(torch.tensor(clip.tokens([text])), pixel_values=pixels)
        ratio = found[:, column] / found[:, 0]
        with torch.no_grad():
            first = clip.model(torch.tensor(clip.tokens([SENTENCES[0]])), pixel_values=pixels)
        torch.testing.assert_close(
            ratio, (out.logits_per_image - first.logits_per_image)[:, 0].exp(), rtol=1e-3, atol=0
        )
    torch.testing.assert_close(found.sum(1), torch.ones(3))


def test_what_is_no_image_is_refused(tmp_path: Path, ready: Callable[[str], Ready]) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(DataError, match=r"notes\.txt: not a readable image"):
        classify(ready("vit"), tmp_path / "notes.txt")
    with pytest.raises(DataError, match=r"absent\.png: not a readable image"):
        match(ready("clip"), tmp_path / "absent.png", "x")
    with pytest.raises(DataError, match="no image was given"):
        classify(ready("vit"), [])
    with pytest.raises(SpecError, match="top is 0"):
        classify(ready("vit"), picture(0), top=0)


def test_preprocessing_of_another_model_is_refused(ready: Callable[[str], Ready]) -> None:
    vit = replace(ready("vit"), images=Preprocessing.usual(99))
    with pytest.raises(DataError, match="images of 3x99x99, and the model reads 1x8x8"):
        classify(vit, picture(0))
