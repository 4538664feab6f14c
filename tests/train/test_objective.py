"""An objective shown on a text."""

import pytest

from clados import spec as s
from clados.errors import InputError
from clados.train.objective import objective


@pytest.mark.parametrize("model", ["bert", "t5"])  # pieces and letters that are not learned are unknown to both
@pytest.mark.parametrize("text", ["我喜欢在公园里散步，因为天气很好。", "ሰላም ዓለም እንዴት ነህ ዛሬ"])
def test_a_text_in_any_script_has_tokens(model: str, text: str) -> None:
    seen = objective(model, text).as_dict()["sees"]
    assert len(seen) > 8
    assert not {"[UNK]", "<unk>"} & {token["token"] for token in seen}


def test_of_several_stages_the_last_is_shown_and_the_others_named() -> None:
    text = "What is a cat? | An animal."
    tuned, adapted = objective("flan-t5", text), objective("flan-t5", text, stage="adaptation")
    assert isinstance(tuned.objective, s.Supervised)
    assert [piece.token for piece in tuned.view.writes][-1] == "</s>"
    assert isinstance(adapted.objective, s.PrefixLM)
    assert tuned.as_dict()["others"] == {"adaptation": "PrefixLM()"}
    assert (adapted.stage, list(adapted.others)) == ("adaptation", ["tuning"])
    assert "'adaptation' learns PrefixLM()" in str(tuned.page().blocks[-1])
    assert objective("bert", text).others == {}  # nothing is said where there is one stage
    with pytest.raises(InputError, match="flan-t5 has no stage 'tunning'; did you mean 'tuning'"):
        objective("flan-t5", text, stage="tunning")


def test_what_learns_from_images_beside_texts_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="Contrastive"):
        objective("clip", "A picture of a cat on a mat.")


@pytest.mark.parametrize(("model", "by"), [("glm", None), ("roberta", "bert"), ("gpt-2", None)])
def test_sentences_stand_apart_as_where_they_are_trained_on(model: str, by: str | None) -> None:
    """A token of bytes holds the space before its word; a sentence that is encoded by itself has it too."""
    view = objective(model, "The dog sees a house. The cat sees a house.", by=by).view
    tokens = [piece.predicts if piece.predicts and by else piece.token for piece in view.sees]
    assert ("ĠThe" in tokens, tokens.count("The") + tokens.count("T")) == (True, 1)


@pytest.mark.parametrize(("model", "stage"), [("anthropic-assistant", "ranking"), ("sparrow", "rules")])
def test_a_stage_with_a_head_of_its_own_is_no_other_model_s(model: str, stage: str) -> None:
    with pytest.raises(InputError, match="does not learn from a text alone: there is nothing to show"):
        objective(model, "A picture of a cat on a mat.", stage=stage)


def test_a_text_is_shown_in_the_language_that_is_named_and_else_said_to_be_english() -> None:
    text = "The cat sees a house. The dog sees a house."
    english, german = objective("mbart", text), objective("mbart", text, language="de")
    assert [each.view.sees[-1].token for each in (english, german)] == ["en_XX", "de_DE"]
    assert "The text is marked as one of the language 'en_XX'; --language names another." in english.page().blocks
    assert (english.as_dict()["language"], german.language) == ("en_XX", "")
    for size, code, few in (("cc25", "pl", "mbart:cc25 knows ar_AR, cs_CZ"), ("50", "xx", "mbart:50 knows ar_AR")):
        with pytest.raises(InputError, match=f"language is '{code}'; {few}"):
            objective(f"mbart:{size}", text, language=code)
    with pytest.raises(InputError, match="language is 'de'; Denoised marks no language"):
        objective("bart", text, language="de")


def test_a_text_without_a_language_is_refused_where_english_is_not_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clados.train.objective.published_languages", lambda card, size: ("de_DE", "fr_XX"))
    with pytest.raises(InputError, match=r"^no language is given, .* English; mbart:cc25 knows de_DE, fr_XX$"):
        objective("mbart", "The cat sees a house.")


def test_what_is_learned_beside_the_tokens_is_told() -> None:
    shown = objective("electra", "The cat sees a house.")
    told = str(shown.page())
    assert "the generator, a smaller model that is trained alongside" in told
    assert "detects which tokens are" in told
    assert shown.as_dict()["also"] == dict(s.ReplacedTokens.also)


def test_a_control_code_is_what_is_seen_first_and_never_predicted() -> None:
    shown = objective("ctrl", "Links The cat sees a house.")
    first, *others = shown.view.sees
    assert (first.token, first.mark, first.predicts) == ("Links", "special", others[0].token)
    assert "Links" not in [piece.predicts for piece in shown.view.sees]
    seen = shown.as_dict()["sees"]
    assert [token["predicts"] for token in seen[:-1]] == [token["token"] for token in seen[1:]]
    drawn = shown.view.figure(shown.title)
    assert ">Links<" in drawn.svg
    assert "Links" in str(shown.page())
    with pytest.raises(InputError, match="begins with 'The'; CodedText takes a control code first: Books, Links, Wiki"):
        objective("ctrl", "The cat sees a house.")
