"""Each verb from the command line, on a directory; what is wrong is one line, and exit code 2."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clados as package

Call = Callable[..., tuple[int, str, str]]
Directory = Callable[[str], Path]


def told(call: tuple[int, str, str]) -> Any:
    code, out, err = call
    assert (code, err) == (0, "")
    return json.loads(out)


def test_fill(clados: Call, directory: Directory) -> None:
    (found,) = told(clados("fill", directory("bert"), "The [MASK] sat", "--top", 2, "--json"))
    assert [len(blank) for blank in found["blanks"]] == [2]
    code, out, _ = clados("fill", directory("bert"), "The [MASK] sat", "--top", 2)
    assert (code, out.splitlines()[1].split()) == (0, ["blank", "share", "words"])
    assert found["blanks"][0][1]["text"] in out


def test_embed(clados: Call, directory: Directory, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_bytes(b"\xef\xbb\xbfThe king\r\n\r\na dog\r\n")
    code, out, err = clados("embed", directory("bert"), "--file", tmp_path / "texts.txt", "--out", tmp_path / "v.npy")
    assert (code, out) == (0, "")
    assert err.endswith("v.npy: 2 vectors of 48 numbers\n")
    found = told(clados("embed", directory("bert"), "The king", "a dog", "--json"))
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), [each["vector"] for each in found], atol=1e-6)
    code, out, _ = clados("embed", directory("bert"), "The king", "a dog", "--pool", "cls", "--no-normalise")
    assert (code, out.splitlines()[2].split()[0]) == (0, "1")


def test_one_text_a_line_whatever_stands_in_it(clados: Call, directory: Directory, tmp_path: Path) -> None:
    texts = ["a dog\u2028ran", "a cat\u0085sat", "a\x0cpage", "one\x1cmore", "plain"]
    (tmp_path / "texts.txt").write_text("\n".join(texts), encoding="utf-8", newline="\n")
    found = told(clados("embed", directory("bert"), "--file", tmp_path / "texts.txt", "--json"))
    assert [each["text"] for each in found] == texts
    assert len(told(clados("translate", directory("transformer"), "--file", tmp_path / "texts.txt", "--json"))) == 5


def test_translate(clados: Call, directory: Directory) -> None:
    found = told(clados("translate", directory("transformer"), "Delete", "a red heart", "--beams", 1, "--json"))
    assert [each["text"] for each in found] == ["Delete", "a red heart"]
    code, out, _ = clados("translate", directory("transformer"), "Delete", "--beams", 1)
    assert (code, out) == (0, found[0]["translation"] + "\n")


def test_classify(clados: Call, directory: Directory, image: Path) -> None:
    (found,) = told(clados("classify", directory("vit"), image, "--top", 3, "--json"))
    assert [sorted(each) for each in found["labels"]] == [["label", "number", "probability"]] * 3
    code, out, _ = clados("classify", directory("vit"), image, image, "--top", 1)
    assert (code, len(out.splitlines())) == (0, 3)


def test_match(clados: Call, directory: Directory, image: Path) -> None:
    said = ("match", directory("clip"), image, image, "--text", "a dog", "--text", "the king")
    found = told(clados(*said, "--json"))
    assert np.shape(found["probabilities"]) == (2, 2)
    assert np.sum(found["probabilities"], 1) == pytest.approx([1, 1], abs=1e-5)
    code, out, _ = clados(*said)
    assert (code, out.splitlines()[0].split()) == (0, ["image", "a", "dog", "the", "king"])


def test_act(clados: Call, directory: Directory) -> None:
    found = told(clados("act", directory("decision-transformer"), "--episodes", 1, "--return-to-go", 50, "--json"))
    assert found["return_to_go"] == 50
    assert found["mean"] == pytest.approx(np.mean(found["returns"]))
    code, out, _ = clados("act", directory("decision-transformer"), "--episodes", 1, "--return-to-go", 50)
    assert code == 0
    assert f"mean return     {found['mean']:.1f}" in out
    assert f"random actions  {found['random_mean']:.1f}" in out


def test_python_offers_each_verb_by_its_name(directory: Directory) -> None:
    for verb in ("generate", "fill", "embed", "translate", "classify", "match", "act"):
        assert callable(getattr(package, verb))
    assert package.embed(directory("bert"), "The king").shape == (1, 48)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("embed", "bert"), "give texts, or a --file of them: one of the two"),
        (("embed", "bert", "x", "--file", "f.txt"), "give texts, or a --file of them: one of the two"),
        (("embed", "bert", "--file", "absent.txt"), "absent.txt: No such file or directory"),
        (("fill", "bert", "nothing"), "'nothing' has no blank; write [MASK] where there is one"),
        (("classify", "vit", "absent.png"), "absent.png: not a readable image"),
        (("match", "bert", "a.png", "--text", "x"), "bert is an Encoder of tokens: it can fill, embed; not match"),
        (("act", "vit"), "vit is an Encoder of image patches: it can embed, classify; not act"),
        (("translate", "gpt-2", "x"), "gpt-2 is a Decoder of tokens: it can generate, embed; not translate"),
        (("fill", "clip", "[MASK]"), "clip is a TwoTower of image patches and tokens: it can embed, match; not fill"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    said: tuple[str, ...], expected: str, clados: Call, directory: Directory
) -> None:
    verb, card, *rest = said
    code, out, err = clados(verb, directory(card), *rest)
    assert (code, out) == (2, "")
    assert err.startswith(f"clados: {expected}")
    assert err.count("\n") == 1


def test_a_directory_that_is_none_is_named(clados: Call, tmp_path: Path) -> None:
    code, _, err = clados("fill", tmp_path / "absent", "[MASK]")
    assert code == 2
    assert "absent: there is no such directory" in err
    (tmp_path / "run.json").write_text("{}")
    code, _, err = clados("fill", tmp_path, "[MASK]")
    assert (code, "this run has not ended" in err) == (2, True)


def test_an_array_that_cannot_be_written_leaves_nothing_behind(
    clados: Call, directory: Directory, tmp_path: Path
) -> None:
    taken = tmp_path / "v.npy"
    taken.mkdir()
    code, _, err = clados("embed", directory("bert"), "king", "--out", taken)
    assert code == 2
    assert "Is a directory" in err
    assert list(tmp_path.iterdir()) == [taken]
