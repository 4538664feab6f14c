"""What a run is trained on: mixtures, and lines that are left out."""

import json
import warnings
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from clados import spec as s
from clados.cli.frame import run_command_line
from clados.data.errors import BadLines, DataError
from clados.data.examples import Text
from clados.data.roles import Roles
from clados.data.training import train_tokenizer
from clados.errors import CladosError, CladosWarning
from clados.models.declared import declared
from clados.objectives import SourceConfig, task
from clados.objectives.tasks import Listed
from clados.train.choices import Choices
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.run_folder import resumed
from clados.train.sources import Mixed, RunData, Sides, Weighted, by_language, mix_sources, mixture, run_data
from tests.objectives.alike import golden
from tests.train.small import choices, write_texts

MARKED = Roles(bos="<s>", pad="<pad>", eos="</s>", unk="<unk>", mask="<mask>", marks=("[de]", "[en]", "[sw]"))
SMALL = ["--params", "250K", "--vocab", "320", "--length", "24", "--batch", "4", "--steps", "2"]


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 9)), min_size=1, max_size=4), st.integers(0, 3))
@example([(1, 1), (1, 8), (23, 6), (30, 7)], 0)  # one more than its fifteen
@settings(deadline=None)
def test_a_mixture_draws_by_weight_and_each_row_once_before_any_again(parts: list[tuple[int, int]], seed: int) -> None:
    total = sum(weight for _, weight in parts)
    sources = [Listed([(number, row) for row in range(size)]) for number, (size, _) in enumerate(parts)]
    mixed = Mixed(sources, [weight / total for _, weight in parts], seed)
    assert len(mixed) == sum(size for size, _ in parts)
    seen: Counter[tuple[int, int]] = Counter()
    for epoch in range(3):
        rows = [mixed.at(index, epoch) for index in range(len(mixed))]
        assert rows == [mixed.at(index, epoch) for index in range(len(mixed))]
        drawn = Counter(number for number, _ in rows)
        for number, (_, weight) in enumerate(parts):
            assert abs(drawn[number] - Fraction(weight * len(mixed), total)) <= 1
        seen.update(rows)
    for number, (size, _) in enumerate(parts):
        times = [seen[number, row] for row in range(size)]
        assert max(times) - min(times) <= 1


def written(folder: Path, *rows: str) -> Path:
    file = folder / "mixture.toml"
    file.write_text("".join(f"[[source]]\n{row}\n" for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (('path = "a"\nweight = 0.7', 'path = "b"\nweight = 0.2'), r"the weights add up to 0\.9 \(a 0\.7, b 0\.2\)"),
        (('path = "a"\nweight = 0.0',), r"source 1\.weight is 0\.0; a number above 0"),
        (('path = "a"\nweight = nan',), "a finite number"),
        (('path = "a"\nweight = "all"',), r'source 1\.weight is "all"; needed is a number'),
        (("weight = 1.0",), r"source 1\.path is null; the path"),
        (('path = "a"\nweight = 1.0\nshare = 1',), r"source 1\.share is not known"),
        (('path = "a"\nweight = 0.5', 'path = "a"\nweight = 0.5'), "two sources are called 'a'"),
        ((), r"lists no source; tables \[\[source\]\]"),
        (("path =",), "not TOML"),
    ],
)
def test_a_mixture_that_is_none_is_refused_by_name(tmp_path: Path, rows: tuple[str, ...], message: str) -> None:
    file = written(tmp_path, *rows)
    with pytest.raises(DataError, match=message) as error:
        mixture(file)
    assert str(error.value).startswith(str(file))
    with pytest.raises(DataError, match="there is no such file"):
        mixture(tmp_path / "other.toml")


def test_a_source_of_the_wrong_kind_is_named(tmp_path: Path) -> None:
    write_texts(tmp_path / "one")
    (tmp_path / "pairs.jsonl").write_text('{"source": "a cat", "target": "an animal"}\n' * 4, encoding="utf-8")
    file = written(tmp_path, "path = 'one'\nweight = 0.5", "path = 'pairs.jsonl'\nname = 'asked'\nweight = 0.5")
    with pytest.raises(DataError, match="source 'asked' of the mixture: the data hold Pair examples; this objective"):
        run_data(task(s.NextToken()), None, str(file))
    with pytest.raises(DataError, match=r"^the data hold Pair examples"):
        run_data(task(s.NextToken()), str(tmp_path / "pairs.jsonl"))
    alone = written(tmp_path, "path = 'pairs.jsonl'\nname = 'p'\nweight = 1.0")
    talk = run_data(task(s.Supervised()), None, str(alone))
    tokenizer = train_tokenizer(["a cat an animal"], "unigram", 60, MARKED)
    with pytest.raises(DataError, match=r"source 'p' of the mixture: none of . examples fits into 2 tokens"):
        talk.sources(task(s.Supervised()), SourceConfig(2, tokenizer=tokenizer))


def test_a_mixture_is_read_from_its_own_folder_and_split_by_source(tmp_path: Path) -> None:
    write_texts(tmp_path / "texts")
    file = written(tmp_path, 'path = "texts"\nweight = 0.75', 'name = "words"\npath = "proteins"\nweight = 0.25')
    data = run_data(task(s.NextToken()), None, str(file))
    assert [part.source.name for part in data.parts] == ["texts", "words"]
    assert all(part.kept and part.held for part in data.parts)
    plan = planned(Choices(model="gpt-2", mix=str(file), params="250K", vocab=320, length=24, steps=1))
    assert [part["weight"] for part in plan.json()["mixture"]] == [0.75, 0.25]
    assert plan.data.checksum.count("+") == 1
    assert len(plan.train) == plan.json()["examples"]["trained on"]
    with pytest.raises(CladosError, match="give one of them"):
        Choices(model="gpt-2", data="english", mix=str(file))


def test_bad_lines_end_a_command_with_2_and_are_counted_where_they_are_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "some words of a text that is long enough "
    lines = [json.dumps({"text": f"{text * 9}{number}"}) for number in range(12)]
    data = tmp_path / "a.jsonl"
    data.write_text("\n".join([*lines[:5], '{"text": ', *lines[5:], "[]"]), encoding="utf-8")
    typed = ["pretrain", "gpt-2", "--data", str(data), *SMALL, "--out", str(tmp_path / "run")]
    assert run_command_line(typed) == 2
    assert f"{data}:6: not JSON" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("always", CladosWarning)
        assert run_command_line([*typed, "--skip-bad"]) == 0
    printed = capsys.readouterr()
    assert f"clados: 2 bad lines were skipped, first {data}:6: not JSON" in printed.err
    assert any(line.split() == ["skipped", "lines", "2"] for line in printed.out.splitlines())
    skipped = json.loads((tmp_path / "run" / "run.json").read_text())["skipped lines"]
    assert skipped["number"] == 2
    assert skipped["first"][1].startswith(f"{data}:14: list where an object")


def test_languages_are_drawn_by_their_share_to_a_power() -> None:
    """Conneau et al. 2020, §3.1; what is held out stays as it is (fairseq's multilingual_denoising.py)."""
    sizes = {"en": 64, "de": 16, "sw": 4}
    texts = [
        Text(f"{language}/{i}", "the cat sat on the mat and looked at the moon. " * 3, language)
        for language, number in sizes.items()
        for i in range(number)
    ]
    one = task(s.Denoised(marked=True))
    tokenizer = train_tokenizer([each.text for each in texts], "unigram", 200, MARKED)
    held = texts[::4]
    data = RunData((Sides(Weighted("", ""), texts, held),), BadLines(skip=False))
    config = SourceConfig(60, tokenizer=tokenizer)
    train, others = data.sources(one, config, 0.5)
    counts = Counter(train.at(i, epoch).language for epoch in range(10) for i in range(len(train)))
    total = sum(number**0.5 for number in sizes.values())
    for language, number in sizes.items():
        assert counts[language] / counts.total() == pytest.approx(number**0.5 / total, abs=0.01)
    assert Counter(others.at(i).language for i in range(len(others))) == Counter(each.language for each in held)
    plain = data.sources(one, config)[0]
    assert Counter(plain.at(i).language for i in range(len(plain))) == sizes
    assert one.baseline(train, others, config, 8) == pytest.approx(one.baseline(plain, others, config, 8))


def test_texts_that_name_no_language_are_told_where_it_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "the cat sat on the mat and looked at the moon. "
    rows = [{"text": f"{line * 4}{i}"} | ({"language": "de"} if i % 3 else {}) for i in range(12)]
    data = tmp_path / "a.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    typed = ["pretrain", "mbart", "--data", str(data), *SMALL, "--dry-run"]
    with warnings.catch_warnings():
        warnings.simplefilter("always", CladosWarning)
        assert run_command_line(typed) == 0
        assert "clados: 4 of 12 texts name no language and are marked [und]" in capsys.readouterr().err
        data.write_text("\n".join(json.dumps(row | {"language": "de"}) for row in rows), encoding="utf-8")
        assert run_command_line(typed) == 0
        assert run_command_line(["pretrain", "bart", *typed[2:]]) == 0
        assert "language" not in capsys.readouterr().err


@pytest.mark.parametrize("exponent", golden("xlmr")["drawn"])
def test_an_epoch_has_as_many_rows_of_each_language_as_in_fairseq(exponent: str) -> None:
    """facebookresearch/fairseq, multilingual_masked_lm.py (XLM-R); it rounds up, and draws some rows twice."""
    kept = golden("xlmr")
    examples = [Text("", "", f"{number}") for number, rows in enumerate(kept["rows"]) for _ in range(int(rows))]
    one: Any = SimpleNamespace(source=lambda some, _: Listed([int(each.language) for each in some]))
    weighted = by_language(examples, one, SourceConfig(8), float(exponent))
    assert [weight for _, weight in weighted] == pytest.approx(kept["drawn"][exponent]["shares"])
    mixed = mix_sources(weighted, 0)
    counts = Counter(mixed.at(i) for i in range(len(mixed)))
    assert len(mixed) == sum(kept["rows"])
    assert [counts[number] for number in range(4)] == pytest.approx(kept["drawn"][exponent]["rows"], abs=1)


@pytest.mark.parametrize("shuffled", [False, True])
def test_in_the_control_tokens_of_all_languages_stand_in_a_row(shuffled: bool) -> None:
    """Shuffled in each language alone, they would be other texts than those held out, which no model could guess."""
    lines = {"en": "the cat sat on the mat. ", "de": "und was nun folgt ist gut. "}
    texts = [Text(f"{language}/{i}", line * 8, language) for language, line in lines.items() for i in range(20)]
    tokenizer = train_tokenizer([each.text for each in texts], "unigram", 60, MARKED)
    used = [{*tokenizer.encode(line, add_special_tokens=False)} for line in lines.values()]
    data = RunData((Sides(Weighted("", ""), texts, texts[::4]),), BadLines(skip=False))
    config = SourceConfig(60, tokenizer=tokenizer, shuffled=shuffled)
    for rows in data.sources(task(s.Denoised(marked=True)), config, 0.5):
        full = [row for row in map(rows.at, range(len(rows))) if len(row.ids) > 20]
        assert full
        for row in full:
            own = [bool({*row.ids.tolist()} & (each - other)) for each, other in (used, used[::-1])]
            assert all(own) == shuffled


def test_the_papers_of_many_languages_say_how_they_draw_them() -> None:
    found = {card: declared(card).recipe.stages[0].exponent for card in ("mbart", "xlm-roberta", "alexatm-20b", "bart")}
    assert found == {"mbart": 0.7, "xlm-roberta": 0.3, "alexatm-20b": 0.5, "bart": None}


def test_a_run_on_texts_in_files_is_that_in_memory_and_goes_on_at_its_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLADOS_CACHE", str(tmp_path / "own"))
    data = write_texts(tmp_path / "data")
    plain = pretrain(choices(data, steps=8), tmp_path / "plain")
    monkeypatch.setattr("clados.data.readers.IN_MEMORY", 0)
    cached = choices(data, steps=8, cache=str(tmp_path / "cache"))
    taken = iter([False] * 3 + [True] * 9)
    first = pretrain(cached, tmp_path / "run", stop=lambda: next(taken))
    assert not first.finished
    again = replace(resumed(tmp_path / "run", cached, []), cache=cached.cache)
    second = pretrain(again, tmp_path / "run", resume=True)
    assert second.losses == plain.losses
    assert second.held_out == plain.held_out
    assert len(list((tmp_path / "cache").iterdir())) == 2
    assert not (tmp_path / "own").exists()
    (written,) = [json.loads((tmp_path / "run" / "run.json").read_text())["documents"]]
    assert written == json.loads((tmp_path / "plain" / "run.json").read_text())["documents"]
    with pytest.raises(DataError, match="its tokens are of another tokenizer"):
        planned(replace(cached, vocab=330))


def test_a_mixture_of_texts_in_files_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLADOS_CACHE", str(tmp_path / "own"))
    write_texts(tmp_path / "texts")
    write_texts(tmp_path / "others", 6)
    file = written(tmp_path, 'path = "texts"\nweight = 0.75', 'path = "others"\nweight = 0.25')
    mixed = Choices(model="gpt-2", mix=str(file), params="250K", vocab=320, length=24, steps=1)
    plain = planned(mixed)
    monkeypatch.setattr("clados.data.readers.IN_MEMORY", 0)
    cached = planned(mixed)
    assert cached.tokenizer
    assert plain.tokenizer
    assert cached.tokenizer.key == plain.tokenizer.key
    for number in (0, 5, len(plain.train) - 1):
        assert cached.train.at(number, 1).ids.tolist() == plain.train.at(number, 1).ids.tolist()
