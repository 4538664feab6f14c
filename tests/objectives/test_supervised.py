"""Which tokens count, what is left out, what a row sees; beside transformers' classes with labels of -100."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import clados
from clados import spec as s
from clados.apply.ready import Ready
from clados.data.errors import DataError
from clados.data.examples import Dialogue, Pair
from clados.data.roles import Roles
from clados.data.sets import conversations, instructions
from clados.data.tokenizer import Tokenizer
from clados.data.training import train_tokenizer
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn.kinds.model import WholeModel
from clados.objectives import Setting, SourceConfig, VocabIds, task
from clados.objectives.measures import Sample
from clados.objectives.view import show
from clados.train.fitting import fitted_vocab

CHAT = s.Template(opening="Be kind. ", prompt="USER: {prompt} GPT:", answer=" {answer}</s>")
KINDS = ("bytes", "bpe", "unigram")


def trained(kind: str) -> Tokenizer:
    roles = Roles(pad="<pad>", unk="<unk>", bos="<s>", eos="</s>", single="<s> $A", pair="<s> $A <s> $B")
    texts = [f"Be kind. USER: {each.source} GPT: {each.target} 1 2" for each in instructions()[:300]]
    return train_tokenizer(texts, kind, 420, roles)


WORDS = {kind: trained(kind) for kind in KINDS}
TEXT = st.text("abcdefgh e. ?\n", min_size=1, max_size=24).filter(str.strip)
TURNS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4)


def dialogue(turns: Sequence[tuple[str, str]]) -> Dialogue:
    return Dialogue("d", tuple(said for a, b in turns for said in (("user", a), ("assistant", b))))


def rows(examples: Sequence[Any], kind: str, *, length: int = 4096, template: s.Template = CHAT, **how: Any) -> Any:
    config = SourceConfig(length, 0, WORDS[kind], writes=how.pop("writes", "continues"))
    return task(s.Supervised(template, **how)).source(examples, config)


@settings(max_examples=40)
@given(turns=TURNS, kind=st.sampled_from(KINDS))
def test_all_tokens_of_every_answer_count_and_no_other(turns: list[tuple[str, str]], kind: str) -> None:
    tokenizer = WORDS[kind]
    row = rows([dialogue(turns)], kind).at(0).row
    whole = "Be kind. " + "".join(f"USER: {a} GPT: {b}</s>" for a, b in turns)
    assert row.ids.tolist() == tokenizer.encode(whole)  # as the whole text is read
    wanted = np.flatnonzero(row.wanted)
    runs = np.split(wanted, np.flatnonzero(np.diff(wanted) > 1) + 1)
    assert len(runs) == len(turns)
    assert all(row.ids[run[-1]] == tokenizer.id("eos") for run in runs)
    said = [tokenizer.decode(row.ids[run]).strip() for run in runs]
    assert [" ".join(each.split()) for each in said] == [
        " ".join(tokenizer.decode(tokenizer.encode(b)).split()) for _, b in turns
    ]
    # a token that does not count has no letter of an answer
    _, places = tokenizer.encode_placed([whole])[0]
    ends = np.cumsum([len(part) for a, b in turns for part in (f"USER: {a} GPT:", f" {b}</s>")]) + len("Be kind. ")
    for counts, (start, end) in zip(row.wanted[1:], places):
        inside = any(start < ends[2 * i + 1] and end > ends[2 * i] for i in range(len(turns)))
        assert counts == inside


@settings(max_examples=25)
@given(turns=TURNS, other=TEXT)
def test_prompts_have_no_labels_and_what_is_said_later_changes_none(turns: list[tuple[str, str]], other: str) -> None:
    one = task(s.Supervised(CHAT))
    setting = Setting(declared("llama").model, 0, VocabIds.of(WORDS["bpe"]))
    source = rows([dialogue(turns), dialogue([(other, b) for _, b in turns])], "bpe")
    first, second = (one.prepare([source.at(i)], [], setting) for i in (0, 1))
    assert first.targets["labels"].tolist() == second.targets["labels"].tolist()
    assert first.weights == {"lm": len(first.targets["labels"])}
    every = task(s.Supervised(CHAT, learns="all"))
    row = rows([dialogue(turns)], "bpe", learns="all").at(0)
    batch = every.prepare([row], [], setting)
    assert batch.targets["labels"].tolist() == row.row.ids[1:].tolist()


def test_whole_answers_are_answers_whatever_else_of_the_text_is_learned() -> None:
    """What is asked cannot be foreseen: written whole and right, or guessed, is the answer alone."""
    module: WholeModel = clados.build(fitted("llama", "bpe"), seed=0).eval()
    ready = Ready(model=module, name="llama", tokenizer=WORDS["bpe"])
    asked = [Pair(f"{i}", "is it so?", "yes" if i % 3 else "no") for i in range(12)]
    found = {}
    for learns in ("answers", "all"):
        source = rows(asked, "bpe", learns=learns)
        assert source.at(0).answered.row.wanted.tolist() == rows(asked, "bpe").at(0).row.wanted.tolist()
        found[learns] = task(s.Supervised(CHAT, learns=learns)).measure(ready, Sample(source, 12, 4, 0))
    assert found["all"] == found["answers"]
    assert found["all"].trivial > 0.5


def test_held_out_texts_are_judged_on_their_answers_whatever_is_learned() -> None:
    """A template's words, the same in every text, would make a loss small that says nothing of the answers."""
    setting = Setting(declared("llama").model, 0, VocabIds.of(WORDS["bpe"]))
    said = [dialogue([("is it so?", "yes"), ("and this?", "no, it is not")])]
    answers: Any = task(s.Supervised(CHAT))
    every: Any = task(s.Supervised(CHAT, learns="all"))
    sources = rows(said, "bpe"), rows(said, "bpe", learns="all")
    alone, judged = (
        one.prepare([source.at(0)], [], setting)
        for one, source in ((answers, sources[0]), (every.held_out, sources[1]))
    )
    assert judged.targets["labels"].tolist() == alone.targets["labels"].tolist()
    assert len(every.prepare([sources[1].at(0)], [], setting).targets["labels"]) > len(alone.targets["labels"])
    assert [each.tolist() for each in every.predicted(sources[1])] == [
        each.tolist() for each in answers.predicted(sources[0])
    ]


def test_answers_of_which_no_two_are_alike_are_measured_by_their_tokens() -> None:
    module: WholeModel = clados.build(fitted("llama", "bpe"), seed=0).eval()
    ready = Ready(model=module, name="llama", tokenizer=WORDS["bpe"])
    asked = [Pair(f"{i}", "is it so?", "a" * (i + 1)) for i in range(6)]
    source = rows(asked, "bpe")
    found = task(s.Supervised(CHAT)).measure(ready, Sample(source, 6, 4, 0))
    answers = [source.at(i).row for i in range(6)]
    after: dict[int, list[int]] = {}
    for row in answers:
        for at in np.flatnonzero(row.wanted).tolist():
            after.setdefault(int(row.ids[at - 1]), []).append(int(row.ids[at]))
    best = sum(max(map(each.count, each)) for each in after.values())
    number = sum(map(len, after.values()))
    assert (found.name, found.trivial, found.number) == ("answers' tokens", best / number, number)
    assert found.asked == best / number + 0.05


def test_long_conversations_are_cut_between_turns_and_what_fits_nowhere_is_counted() -> None:
    turns = [(f"ask {'a ' * n}", f"say {'b ' * n}") for n in (3, 4, 60, 5)]
    whole = rows([dialogue(turns)], "bytes")
    assert (len(whole), whole.dropped) == (1, 0)
    cut = rows([dialogue(turns)], "bytes", length=64)
    assert (len(cut), cut.dropped) == (2, 1)
    tokenizer = WORDS["bytes"]
    assert [tokenizer.decode(each.ids[each.wanted]).count("say") for each in cut.rows] == [2, 1]
    assert all(len(each.ids) <= 65 for each in cut.rows)
    with pytest.raises(DataError, match="none of 1 examples fits into 8 tokens: give a larger --length"):
        rows([dialogue(turns)], "bytes", length=8)


def test_an_encoder_reads_all_that_was_said_before_each_answer() -> None:
    source = rows([dialogue([("one?", "1"), ("two?", "2")])], "unigram", writes="answers")
    setting = Setting(fitted("t5", "unigram"), 0, VocabIds.of(WORDS["unigram"]))
    assert len(source) == 2
    batch = task(s.Supervised(CHAT)).prepare([source.at(1)], [], setting)
    tokenizer = WORDS["unigram"]
    assert tokenizer.decode(batch.inputs["input_ids"][0].tolist()).endswith("USER: one? GPT: 1 USER: two? GPT:")
    assert tokenizer.decode(batch.targets["labels"].tolist()) == "2"
    assert batch.targets["labels"][-1] == batch.inputs["input_ids"][0, -1] == tokenizer.id("eos")


def test_the_control_exchanges_what_counts_alone() -> None:
    given = instructions()[:40]
    config = SourceConfig(4096, 0, WORDS["bpe"], shuffled=True, writes="continues")
    mixed: Any = task(s.Supervised(CHAT)).source(given, config)
    true = rows(given, "bpe")
    for a, b in zip(mixed.rows, true.rows):
        assert (a.ids[~a.wanted] == b.ids[~b.wanted]).all()
    assert any((a.ids != b.ids).any() for a, b in zip(mixed.rows, true.rows))
    assert sorted(np.concatenate([a.ids for a in mixed.rows])) == sorted(np.concatenate([b.ids for b in true.rows]))


# ---------------------------------------------------------------- packing


def fitted(card: str, kind: str) -> s.Model:
    model = s.tiny(declared(card).model)
    vocab = model.vocab.but(**dict.fromkeys(("cls", "sep", "mask")), kind=kind)
    return model.adapted(
        lambda inputs: inputs.but(vocab=fitted_vocab(vocab, WORDS[kind])) if isinstance(inputs, s.Tokens) else inputs,
        lambda head: head,
    )


CARDS = ["gpt-2", "gpt-3", "llama", "pythia", "gpt-j", "palm", "bloom", "opt", "gopher", "mpt-7b", "t5", "bart"]


@torch.no_grad()
@pytest.mark.parametrize("card", CARDS)
def test_examples_of_a_batch_do_not_see_each_other(card: str) -> None:
    kind = declared(card).model.vocab.kind
    model = fitted(card, kind)
    module: WholeModel = clados.build(model, seed=1).double().eval()
    one, setting = task(s.Supervised(CHAT)), Setting(model, 0, VocabIds.of(WORDS[kind]))
    source = rows(conversations()[:5], kind, writes=model.writes)
    some = [source.at(i) for i in range(4)]
    together = one.loss(module, one.prepare(some, [], setting))
    alone = [one.loss(module, one.prepare([each], [], setting)) for each in some]
    assert together.weight == sum(each.weight for each in alone)
    assert float(together.sum) == pytest.approx(sum(float(each.sum) for each in alone), rel=1e-6)


@torch.no_grad()
def test_a_model_that_does_not_write_is_refused() -> None:
    setting = Setting(declared("bert").model, 0, VocabIds.of(WORDS["bpe"]))
    with pytest.raises(InputError, match="neither continues a text nor answers one"):
        task(s.Supervised()).prepare([rows(instructions()[:1], "bpe").at(0)], [], setting)


# ---------------------------------------------------------------- transformers 5.23.0


def pad(rows: list[torch.Tensor], value: int) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=value)


@torch.no_grad()
@pytest.mark.parametrize(
    ("card", "kind"),
    [("gpt-2", "CausalLM"), ("llama", "CausalLM"), ("t5", "Seq2SeqLM")],
)
def test_the_loss_is_theirs_with_labels_of_minus_100(card: str, kind: str, tmp_path: Path) -> None:
    import transformers

    words = declared(card).model.vocab.kind
    model = fitted(card, words)
    module: WholeModel = clados.build(model, seed=1).eval()
    clados.save_pretrained(module, tmp_path)
    theirs = getattr(transformers, f"AutoModelFor{kind}").from_pretrained(tmp_path).eval()
    one, setting = task(s.Supervised(CHAT)), Setting(model, 0, VocabIds.of(WORDS[words]))
    source = rows(conversations()[:5], words, writes=model.writes)
    some = [source.at(i) for i in range(4)]
    ours = one.loss(module, one.prepare(some, [], setting))
    read, asked = [], []
    for each in some:
        ids, wanted = torch.from_numpy(each.row.ids), torch.from_numpy(each.row.wanted)
        if model.writes == "answers":
            read.append(torch.cat([ids[~wanted], torch.tensor([WORDS[words].id("eos")])]))
            asked.append(ids[wanted])
        else:
            read.append(ids)
            asked.append(ids.masked_fill(~wanted, -100))
    mask = pad([torch.ones_like(each) for each in read], 0)
    found = theirs(input_ids=pad(read, 0), attention_mask=mask, labels=pad(asked, -100)).loss
    assert float(ours.mean) == pytest.approx(float(found), rel=2e-5)


# ---------------------------------------------------------------- shown


def test_a_text_of_one_s_own_is_shown_in_its_template() -> None:
    objective = declared("vicuna").recipe.stages[0].objective
    found = show(objective, declared("vicuna").model, "What is a cat? | An animal.", WORDS["bpe"])
    assert (
        WORDS["bpe"].decode([piece.id for piece in found.sees]).endswith("USER: What is a cat? ASSISTANT: An animal.")
    )
    predicted = [piece.predicts for piece in found.sees if piece.predicts]
    assert "".join(predicted).replace("▁", " ") == " An animal.</s>"
    with pytest.raises(InputError, match=r"a prompt needs its answer: give --text 'prompt \| answer'"):
        show(objective, declared("vicuna").model, "What?", WORDS["bpe"])


def test_a_pair_has_fields_of_its_own_for_a_template() -> None:
    evidence = s.Template(prompt="{pages} {prompt}", answer="{claim} ({title})")
    row = rows(instructions()[:1], "bpe", template=evidence).at(0).row
    assert WORDS["bpe"].decode(row.ids[row.wanted]).endswith("(entity)")
    with pytest.raises(DataError, match="the field 'claim', which the examples lack"):
        rows([Pair("", "a", "b")], "bpe", template=evidence)


def test_what_an_encoder_reads_cannot_be_learned_too() -> None:
    every = task(s.Supervised(learns="all"))
    assert not every.refusal(declared("gpt-2").model)
    assert every.refusal(declared("t5").model).startswith("Supervised.learns is 'all'; what this EncoderDecoder reads")
