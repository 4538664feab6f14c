"""Images are prepared as transformers prepares them; classes and texts have the model's own shares."""

import json
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
from clados.errors import InputError
from tests.apply.little import SENTENCES, picture

VIT = transformers.models.vit.image_processing_pil_vit.ViTImageProcessorPil
CLIP = transformers.models.clip.image_processing_pil_clip.CLIPImageProcessorPil
DEIT = transformers.models.deit.image_processing_pil_deit.DeiTImageProcessorPil


@pytest.mark.parametrize(
    ("theirs", "config"),
    [
        # openai/clip-vit-base-patch32's own file has this form (2021); there size means the shorter edge
        (CLIP, {"feature_extractor_type": "CLIPFeatureExtractor", "size": 24, "crop_size": 20, "resample": 3}),
        (CLIP, {"image_processor_type": "CLIPImageProcessorFast", "size": 24, "crop_size": 20}),
        (CLIP, {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 24}}),
        (CLIP, {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 24}, "do_center_crop": False}),
        (CLIP, {"image_processor_type": "CLIPImageProcessor", "size": {"height": 24, "width": 30}, "crop_size": 28}),
        (CLIP, {"image_processor_type": "CLIPImageProcessor", "do_resize": False, "crop_size": [33, 35]}),
        # google/vit-base-patch16-224's own file names no class
        (VIT, {"do_normalize": True, "do_resize": True, "image_mean": [0.5, 0.4, 0.3], "size": 24}),
        (VIT, {"feature_extractor_type": "ViTFeatureExtractor", "size": 24, "resample": 2}),
        (VIT, {"image_processor_type": "ViTImageProcessor", "size": [20, 24], "do_rescale": False}),
        (VIT, {"image_processor_type": "ViTImageProcessor", "do_normalize": False}),
        (VIT, {"size": 24, "rescale_factor": 0.01, "image_std": [0.2, 0.3, 0.4]}),
        (DEIT, {"feature_extractor_type": "DeiTFeatureExtractor", "size": 24, "crop_size": 20}),
        (DEIT, {"image_processor_type": "DeiTImageProcessor"}),
    ],
)
@pytest.mark.parametrize("shape", [(40, 31), (25, 64)])
def test_files_mean_what_their_class_in_transformers_makes_of_them(
    tmp_path: Path, theirs: Any, config: dict[str, Any], shape: tuple[int, int]
) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    image = picture(3, *shape)
    right = theirs.from_pretrained(tmp_path)(images=[Image.fromarray(image)], return_tensors="np").pixel_values[0]
    np.testing.assert_allclose(Preprocessing.of(config)(image), right, rtol=0, atol=2e-6 * np.abs(right).max())


def test_the_shorter_edge_of_a_number_is_that_of_the_class() -> None:
    assert Preprocessing.of({"size": 24}).size == (24, 24)
    assert Preprocessing.of({"size": 24}, "CLIP") == replace(Preprocessing.of({}, "CLIP"), size=24)
    assert Preprocessing.of({"size": 24}, "CLIP").crop == (224, 224)


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
    for config, words in (
        ({"resample": 9}, "resample is 9; allowed: 0, 1, 2, 3, 4, 5"),
        ({"size": {"tall": 3}}, r"preprocessor_config\.json: size is an object; needed is a number, \[height, width\]"),
        (
            {"size": {"shortest_edge": 24, "longest_edge": 30}},
            "size is an object; longest_edge is 30, which is not supp",
        ),
        ({"size": {"longest_edge": 30}}, "size is an object; longest_edge is 30, which is not supported; allowed are"),
        ({"size": 0}, "size is 0; needed is"),
        ({"size": True}, "size is true; needed is"),
        ({"size": 2**40}, "at most 89,478,485 pixels"),
        ({"crop_size": {"shortest_edge": 3}}, "crop_size is an object; needed are height and width"),
        ({"image_std": [0.5, 0.0, 0.5]}, "it divides, so no number may be 0"),
        ({"image_mean": [0.5] * 2}, "needed are 1 or 3 numbers"),
        ({"image_mean": ["a"] * 3}, "needed are 1 or 3 numbers"),
        ({"image_mean": [0.5]}, "image_mean has 1 numbers"),
        ({"do_resize": "yes"}, 'do_resize is "yes"; needed is true or false'),
        ({"rescale_factor": float("inf")}, "needed is a finite number"),
    ):
        with pytest.raises(DataError, match=words):
            Preprocessing.of(config)
    with pytest.raises(DataError, match="an image of 1x60000000 would be resized to 224x13440000000; it is too thin"):
        Preprocessing.of({}, "CLIP")(np.zeros((1, 60_000_000, 3), np.uint8))


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


@pytest.mark.parametrize(
    ("problem", "labels"),
    [
        ("multi_label_classification", 3),
        (None, 1),
        ("multi_label_classification", 1),
        ("single_label_classification", 3),
    ],
)
def test_probabilities_are_those_of_transformers_pipeline(tmp_path: Path, problem: str | None, labels: int) -> None:
    config = transformers.ViTConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=8,
        num_labels=labels, problem_type=problem,
    )  # fmt: skip
    model = transformers.ViTForImageClassification(config).eval()
    torch.nn.init.normal_(model.classifier.weight)
    model.save_pretrained(tmp_path)
    VIT(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    pipeline = transformers.ImageClassificationPipeline(model, image_processor=VIT.from_pretrained(tmp_path))
    image = picture(3, 40, 31)
    right = {each["label"]: each["score"] for each in pipeline(Image.fromarray(image), top_k=labels)}
    found = {each.label: each.probability for each in classify(tmp_path, image, top=labels)[0]}
    assert found == pytest.approx(right, abs=1e-5)


def test_a_regression_has_no_classes(ready: Callable[[str], Ready]) -> None:
    with pytest.raises(InputError, match="vit: its config says regression: it gives numbers, and no classes"):
        classify(replace(ready("vit"), problem="regression"), picture(0))


def test_one_array_is_one_image_and_four_axes_are_a_batch(ready: Callable[[str], Ready]) -> None:
    vit, array = ready("vit"), picture(0, 20, 12)
    right = classify(vit, array)
    assert len(right) == 1
    for same in (torch.from_numpy(array), Image.fromarray(array), [array], array[None], torch.from_numpy(array)[None]):
        assert classify(vit, same) == right
    assert len(classify(vit, np.stack([array] * 3))) == 3
    assert len(match(ready("clip"), torch.from_numpy(np.stack([array] * 2)), "x")) == 2


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            np.zeros((3, 20, 12), np.uint8),
            r"shape \[3, 20, 12\]; \[height, width\], or with 1 or 3",
        ),
        (np.zeros((2, 3, 20, 12), np.uint8), r"shape \[3, 20, 12\]"),
        (torch.zeros(2, 2, 2, 20, 3), r"shape \[2, 2, 2, 20, 3\]"),
        (np.zeros((20, 12, 3)), "an image array is of float64; uint8 from 0 to 255 is needed"),
        (np.zeros((20, 12), np.uint16), "an image array is of uint16; uint8"),
        (np.zeros((0, 12, 3), np.uint8), r"shape \[0, 12, 3\]"),
        (5, "an image is a int; a path"),
    ],
)
def test_arrays_that_are_no_images_are_refused(ready: Callable[[str], Ready], image: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        classify(ready("vit"), image)


def test_what_is_no_image_is_refused(tmp_path: Path, ready: Callable[[str], Ready]) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(DataError, match=r"notes\.txt: not a readable image"):
        classify(ready("vit"), tmp_path / "notes.txt")
    with pytest.raises(DataError, match=r"absent\.png: not a readable image"):
        match(ready("clip"), tmp_path / "absent.png", "x")
    with pytest.raises(DataError, match="no image was given"):
        classify(ready("vit"), [])
    with pytest.raises(InputError, match="top is 0"):
        classify(ready("vit"), picture(0), top=0)


def test_preprocessing_of_another_model_is_refused(ready: Callable[[str], Ready]) -> None:
    vit = replace(ready("vit"), images=Preprocessing.usual(99))
    with pytest.raises(DataError, match="images of 3x99x99, and the model reads 1x8x8"):
        classify(vit, picture(0))
