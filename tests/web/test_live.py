"""Pages that a server alone answers: objectives on a sentence, config.json of a size, drawings beside a parent's."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clados.catalog.changes import compared_parents
from clados.catalog.load import catalog
from clados.cli.frame import run_command_line
from clados.small import small_model
from clados.web.request import Given
from clados.web.server import application
from clados.web.site import Site
from tests.apply.little import written
from tests.web.driving import LOCAL


def test_a_sentence_is_shown_as_the_model_learns_from_it(client: TestClient) -> None:
    text = client.get("/objective.html?model=bert&text=the quick brown fox jumps over the lazy dog&seed=3").text
    assert 'class="token hidden"' in text
    assert "MaskedTokens(" in text
    assert "读入" in client.get("/zh/objective.html?model=t5").text
    text = client.get("/objective.html?model=gpt-2&text=the quick café").text
    assert "▁qu" in text
    assert "Ġ" not in text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("model=vit", "reads no text"),
        ("model=bert&text=" + "a" * 2001, "2001 letters"),
        ("model=bert&seed=-1", "seed is &#x27;-1&#x27;"),
        ("model=bert&stage=none", "none"),
        ("model=bert&text=<script>alert(1)</script> <img src=x onerror=alert(2)> and so on", "&lt;"),
    ],
)
def test_what_cannot_be_shown_is_said(client: TestClient, question: str, said: str) -> None:
    text = client.get(f"/objective.html?{question}").text
    assert said in text
    assert "<img src=x" not in text


@pytest.mark.parametrize(("model", "size"), [("bert", "base"), ("llama", "65b"), ("gpt-3", "175b")])
def test_config_json_of_a_size_is_that_of_save_pretrained(client: TestClient, model: str, size: str) -> None:
    answer = client.get(f"/cards/{model}/{size}/config.json")
    said = json.loads(answer.text)
    assert answer.headers["content-type"] == "application/json"
    assert said["clados"]["model"] == repr(catalog()[model] and model_at(model, size))


def model_at(model: str, size: str) -> object:
    from clados.models.declared import declared

    return declared(model).at(size)


def test_sizes_that_are_not_there_are_not_found(client: TestClient) -> None:
    assert client.get("/cards/bert/huge/config.json").status_code == 404


def test_a_parent_is_drawn_beside_its_child(client: TestClient, site: Site) -> None:
    assert compared_parents(site.index.cards, site.index.cards["roberta"]) == ["bert"]
    answer = client.get("/cards/roberta/from-bert.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "From bert:large to roberta:large" in answer.text
    assert "cards/roberta/from-bert.svg" in {*site.paths()}


def test_files_have_no_live_pages() -> None:
    files = Site(live=False)
    assert files.answer("objective.html").status == 404
    assert files.answer("cards/bert/base/config.json").status == 404
    assert b"data-live" not in files.answer("cards/bert.html").body


def test_the_playground_says_tokens_with_their_rivals(client: TestClient) -> None:
    text = client.get("/playground.html?model=small/gpt-2&trial=write&write.prompt=The+king&write.tokens=3").text
    assert text.count("token p") >= 3
    assert 'class="told"' in text
    assert "▁king" in text
    assert "Ġ" not in text
    hostile = "/playground.html?model=small/gpt-2&write.prompt=<img src=x onerror=alert(1)>"
    assert "<img src=x" not in client.get(hostile).text


def test_the_playground_tries_only_what_the_server_was_given(client: TestClient) -> None:
    assert "there is no model" in client.get("/playground.html?model=/etc").text
    folder = str(small_model("bert").folder)  # type: ignore[union-attr]
    given = TestClient(application(Site(given=Given((folder,)))), LOCAL)
    assert f'<option value="{folder}" selected>' in given.get("/playground.html", params={"model": folder}).text


def test_images_and_episodes_are_films_that_the_policy_allows(tmp_path: Path) -> None:
    actor, painter = (str(written(card, tmp_path / card)) for card in ("decision-transformer", "dall-e"))
    given = TestClient(application(Site(given=Given((actor, painter)))), LOCAL)
    played = given.get("/playground.html", params={"model": actor})
    assert played.text.count("<figcaption>") > 5
    assert 'data-film="episode"' in played.text
    painted = given.get("/playground.html", params={"model": painter, "paint.text": "<b>a red heart"})
    assert '<img src="data:image/png;base64,' in painted.text
    assert "<b>a red" not in painted.text
    assert "img-src 'self' data:" in painted.headers["content-security-policy"]
    assert "data:" not in given.get("/cards/bert.html").headers["content-security-policy"]


@pytest.mark.parametrize(("option", "said"), [("--model", "no such directory"), ("--runs", "no such folder")])
def test_directories_that_are_not_there_are_one_line(
    capsys: pytest.CaptureFixture[str], option: str, said: str
) -> None:
    assert run_command_line(["web", option, "nowhere"]) == 2
    assert said in capsys.readouterr().err
