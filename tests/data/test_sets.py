"""The embedded sets hold what the manifest and the notices say."""

import hashlib
import re
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from typing import get_args

import numpy as np
import pytest

from clados.data import (
    SETS,
    Captioned,
    Dialogue,
    Episode,
    Labelled,
    Pair,
    PointSample,
    Protein,
    Text,
    cartpole_episodes,
    manifest,
    read,
    read_as,
    synsets,
)
from clados.data.examples import RankedAnswers, RuledAnswer, split
from clados.data.sets import glosses, related

COUNTS = {
    "english": (Text, 461),
    "domains": (Text, 461 + 84),
    "wordnet": (Text, 394),
    "shakespeare": (Text, 67),
    "udhr": (Text, 39 * 30),
    "django": (Pair, 7073),
    "udhr-pairs": (Pair, 38 * 50),
    "emoji-names": (Pair, 1923 * 11),
    "translation": (Pair, 7073 + 38 * 50 + 1923 * 11),
    "dialogue": (Dialogue, 6252),
    "instructions": (Pair, 12_000),
    "conversations": (Dialogue, 6000),
    "true-answers": (RankedAnswers, 11732),
    "checked-answers": (RankedAnswers, 576),
    "checked-rules": (RuledAnswer, 4 * 576),
    "glosses": (Pair, 30_152),
    "emoji": (Captioned, 1906),
    "emoji-16": (Captioned, 1906),
    "emoji-8": (Captioned, 1906),
    "emoji-tones": (Captioned, 1906 + 1875),
    "emoji-tones-16": (Captioned, 1906 + 1875),
    "fashion": (Labelled, 1000),
    "digits": (Labelled, 1797),
    "proteins": (Text, 16),
    "structures": (Protein, 16),
    "cartpole": (Episode, 300),
    "cartpole-1200": (Episode, 1200),
    "particles": (PointSample, 7000),
    "texts-and-episodes": (Text | Episode, 67 + 300),
    "science": (Text, 394 + 2400 + 40 + 16),
    "html": (Text, 84),
    "code": (Text, 79),
    "languages": (Text, 39 * 30 + 6252 + 510),
}


def test_every_set_is_counted() -> None:
    assert COUNTS.keys() == SETS.keys()


@pytest.mark.parametrize("name", COUNTS)
def test_a_set_holds_so_many_examples_of_its_kind(name: str) -> None:
    kind, count = COUNTS[name]
    examples = read(name)
    assert {type(example) for example in examples} == {*(get_args(kind) or [kind])}
    assert len(examples) == count


@pytest.mark.parametrize("row", manifest(), ids=lambda row: str(row["name"]))
def test_a_file_is_the_one_that_the_manifest_names(row: dict[str, object]) -> None:
    data = (files("clados.data") / "embedded" / str(row["name"])).read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (row["bytes"], row["sha256"])
    assert len(data) < 1_000_000
    assert row["licence"]
    assert row["sources"]


def test_the_embedded_files_stay_small_and_all_have_a_notice() -> None:
    assert sum(row["bytes"] for row in manifest()) < 3_600_000
    notice = (files("clados") / ".." / ".." / "NOTICE").read_text(encoding="utf-8")
    assert [row["name"] for row in manifest() if f"{row['name']}:" not in notice] == []


def test_an_emoji_in_another_skin_tone_differs_in_its_skin_and_its_name() -> None:
    images = {image.captions[0]: image for image in read_as(Captioned, "emoji-tones")}
    light, dark = (images[f"waving hand: {tone} skin tone"] for tone in ("light", "dark"))
    usual = images["waving hand"]
    assert light.captions == ("waving hand: light skin tone",)
    assert {each.category for each in (light, dark, usual)} == {"People & Body"}
    same = (light.image == dark.image).all(-1)
    assert 0.3 < same.mean() < 0.7  # the ground and what moves around the hand
    assert (light.image[~same].mean(), dark.image[~same].mean()) == (
        pytest.approx(213, abs=25),
        pytest.approx(90, abs=25),
    )


def test_the_glosses_that_are_held_out_are_of_the_frequent_synsets() -> None:
    """So more glosses leave the figures of what ships as they are."""
    _, held_out = split(related(synsets()))
    trained, others = split(glosses())
    assert [replace(each, held_out=None) for each in others] == held_out
    assert {each.document for each in trained}.isdisjoint(each.document for each in others)


def test_wordnet_relations_stay_among_its_synsets() -> None:
    rows = synsets()
    known = {row["id"] for row in rows}
    assert len(known) == 6000
    assert {target for row in rows for targets in row["relations"].values() for target in targets} <= known
    dog = next(row for row in rows if "domestic dog" in row["words"])
    assert dog["gloss"].startswith("a member of the genus Canis")
    assert dog["examples"] == ["the dog barked all night"]


def test_the_four_plays_are_whole() -> None:
    scenes = read_as(Text, "shakespeare")
    assert sum(len(scene.text) for scene in scenes) == 456_890
    plays = Counter(scene.document.split("/")[1] for scene in scenes)
    assert plays == {
        "The Tempest": 10,
        "A Midsummer Night's Dream": 11,
        "Romeo and Juliet": 25,
        "The Merchant of Venice": 21,
    }


def test_the_declaration_is_one_document_an_article_in_all_languages() -> None:
    articles = read_as(Text, "udhr")
    assert len({article.language for article in articles}) == 39
    assert set(Counter(article.document for article in articles).values()) == {39}


def test_pages_are_minimal_html_and_modules_are_whole() -> None:
    for page in read_as(Text, "html"):
        assert page.text.startswith("<title>")
        opened, closed = (Counter(re.findall(rf"<{slash}(\w+)", page.text)) for slash in ("", "/"))
        assert opened == closed
        assert not re.search(r"<(script|style|div|span|nav)|class=\"headerlink", page.text)
    modules = {each.document: each.text for each in read_as(Text, "code")}
    assert "class scheduler:" in modules["code/sched.py"]


def test_of_some_languages_there_is_more() -> None:
    sizes: Counter[str] = Counter()
    for each in read_as(Text, "languages"):
        sizes[each.language] += len(each.text)
    assert len(sizes) == 39
    assert sizes["en"] > 10 * sizes["sw"]


def test_translation_can_be_read_in_one_language() -> None:
    pairs = read_as(Pair, "translation/de")
    assert {(pair.source_language, pair.language) for pair in pairs} == {("en", "de")}
    assert Pair("emoji/1F600", "grinning face", "grinsendes Gesicht", "en", "de") in pairs


def test_images_have_their_shapes_and_classes() -> None:
    fashion = read_as(Labelled, "fashion")
    assert {image.image.shape for image in fashion} == {(28, 28, 1)}
    assert {image.label for image in fashion} == set(range(10))
    assert (fashion[0].name, fashion[1].name) == ("Ankle boot", "T-shirt/top")
    digits = read_as(Labelled, "digits")
    assert {image.image.shape for image in digits} == {(8, 8, 1)}
    assert max(int(image.image.max()) for image in digits) == 255
    assert [image.label for image in digits[:5]] == [0, 1, 2, 3, 4]


def test_an_emoji_shows_what_its_caption_says() -> None:
    emoji = {image.captions[0]: image for image in read_as(Captioned, "emoji")}
    red = emoji["red square"].image[16, 16].astype(int)
    blue = emoji["blue square"].image[16, 16].astype(int)
    assert red[0] > red[2] + 80
    assert blue[2] > blue[0] + 80
    assert emoji["red square"].image.shape == (32, 32, 3)
    assert emoji["dog face"].category == "Animals & Nature"


def test_trajectories_depend_on_the_seed_alone() -> None:
    first, again, other = (cartpole_episodes(10, seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a.observations, b.observations) for a, b in zip(first, again))
    assert all(np.array_equal(a.actions, b.actions) for a, b in zip(first, again))
    assert not np.array_equal(first[0].observations, other[0].observations)


def test_the_scripted_policy_balances_and_the_random_one_does_not() -> None:
    episodes = cartpole_episodes(25)
    returns = [float(episode.rewards.sum()) for episode in episodes]
    assert np.mean(returns[4::5]) == 500
    assert np.mean(returns[0::5]) < 60
    assert episodes[0].returns_to_go[0] == returns[0]
    assert episodes[0].returns_to_go[-1] == 1
    assert episodes[0].observations.shape == (len(episodes[0]), 4)
