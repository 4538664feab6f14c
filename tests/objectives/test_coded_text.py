"""Every sequence begins with the control code of its domain (Keskar et al. 2019, CTRL, §3.2)."""

from pathlib import Path

import numpy as np
import pytest

import clados
from clados.data import Text, train_tokenizer
from clados.data.packing import Packed, TokenBlocks, generator
from clados.data.roles import Roles
from clados.data.sets import domains
from clados.data.stream import Stream
from clados.data.tokenizer import Tokenizer
from clados.models.declared import declared
from clados.objectives import Setting, SourceConfig, VocabIds, task
from clados.objectives.coded_text import CodedBlocks, CodedTextTask
from tests.objectives.alike import golden
from tests.train.small import choices, write_texts

OWN = [Text("Books/a", "Booksellers sell to be or not to be. " * 9), Text("html/b", "no link at all " * 30)]


@pytest.fixture(scope="module")
def one() -> CodedTextTask:
    found = task(declared("ctrl").recipe.stages[0].objective)
    assert isinstance(found, CodedTextTask)
    return found


def words(one: CodedTextTask) -> Tokenizer:
    roles = Roles.of(declared("ctrl").model.vocab)
    return train_tokenizer([each.text for each in OWN], "bpe", 330, Roles(**{**vars(roles), "marks": one.marks(OWN)}))


def test_each_row_is_of_one_domain_and_its_code_comes_first(one: CodedTextTask) -> None:
    tokenizer = words(one)
    source = one.source(OWN, SourceConfig(16, tokenizer=tokenizer))
    rows = [source.at(i).ids for i in range(len(source))]
    assert max(map(len, rows)) == 17  # 16 are seen
    codes = {name: tokenizer.special[name] for name in ("Books", "Links")}
    assert [int(row[0]) for row in rows] == sorted((int(row[0]) for row in rows), key=[*codes.values()].index)
    for name, text in (("Books", OWN[0]), ("Links", OWN[1])):
        ids = np.concatenate([row[1:] for row in rows if row[0] == codes[name]])
        assert tokenizer.decode(ids.tolist()).strip() == text.text.strip()
        assert codes[name] not in ids  # a part of a word is no code


def test_windows_are_seen_and_predicted_as_the_authors_make_them(one: CodedTextTask) -> None:
    """salesforce/ctrl, training_utils/make_tf_records.py: the code is seen, the first token predicted from it.

    Its windows have one token in common, which is predicted twice and seen once; here none stands in two.
    """
    kept = golden("ctrl")
    number, length, code = kept["tokens"], kept["length"], kept["code"]
    setting = Setting(declared("ctrl").model, length, VocabIds(100, {}))
    for read, written in kept["windows"]:
        row = Packed(np.array([read[0], *written]), np.zeros(length + 1, np.int64))
        batch = one.prepare([row], [generator(0)], setting)
        assert batch.inputs["input_ids"].tolist() == [read]
        assert batch.targets["labels"].tolist() == written
    text = Stream(np.arange(number, dtype=np.uint32), np.array([0, number]), np.array([0, 1]))
    blocks = CodedBlocks([code], [TokenBlocks(text, length)])
    rows = [blocks.at(i).ids.tolist() for i in range(len(blocks))]
    assert all(row[0] == code and len(row) == length + 1 for row in rows[:-1])
    assert [token for row in rows for token in row[1:]] == list(range(number))


def test_as_a_control_codes_say_nothing(one: CodedTextTask) -> None:
    texts = [Text(f"{name}/{i}", name * 20) for i in range(20) for name in "ab"]
    tokenizer = train_tokenizer([each.text for each in texts], "bpe", 330, Roles(marks=one.marks(texts), unk="<unk>"))
    source = one.source(texts, SourceConfig(8, tokenizer=tokenizer, shuffled=True))
    found = {tokenizer.decode(source.at(i).ids[:1].tolist(), skip_special_tokens=False) for i in range(len(source))}
    assert found == {"a", "b"}
    both = {frozenset(tokenizer.decode(source.at(i).ids[1:].tolist())) - {" "} for i in range(len(source))}
    assert frozenset("ab") in both


def test_texts_of_no_domain_are_refused(one: CodedTextTask) -> None:
    with pytest.raises(clados.CladosError, match=r"'a.txt' is of no domain: put texts in a folder for each"):
        one.marks([Text("a.txt", "text")])
    with pytest.raises(clados.CladosError, match="the tokenizer has no control code 'News'"):
        one.source([Text("News/a", "text")], SourceConfig(8, tokenizer=words(one)))


def test_the_embedded_domains_have_the_paper_s_codes(one: CodedTextTask) -> None:
    assert one.marks(domains()) == ("Books", "Links", "Wikipedia")


def test_a_prompt_begins_with_a_code(tmp_path: Path) -> None:
    for name in ("Books", "News"):
        write_texts(tmp_path / "data" / name)
    model = tmp_path / "ctrl"
    clados.pretrain(choices(tmp_path / "data", "ctrl", steps=4), model)
    assert clados.generate(model, "Books The cat", max_new_tokens=4)
    assert clados.generate(model, "News", max_new_tokens=2) is not None
    for prompt, said in (
        ("The cat", "begins with 'The'"),
        ("", "is empty"),
        ("Booksellers", "begins with 'Booksellers'"),
    ):
        with pytest.raises(
            clados.CladosError, match=f"the prompt {said}; ctrl takes a control code first: Books, News"
        ):
            clados.generate(model, prompt)
