"""Context distillation: the divergence beside a loop in float64, what each model reads, what is refused."""

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data import train_tokenizer
from clados.data.examples import DataError, Pair
from clados.data.roles import Roles
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Setting, SourceConfig, VocabIds
from clados.objectives.context_distilled import BesideContext, ContextDistilledTask
from clados.objectives.teaching import Taught

EXAMPLES = [Pair("a", "What is a cat?", "an animal"), Pair("b", "Say a number.", "one, or two of them")]
TEMPLATE = s.Template(prompt="Q: {prompt}\n", answer="A: {answer}\n")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([each.source for each in EXAMPLES], "bytes", 300, Roles(eos="<|endoftext|>"))


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> WholeModel:
    part = s.tiny(declared("gpt-2").model)
    vocab = part.vocab.but(size=tokenizer.size, bos=None, eos=tokenizer.id("eos"))
    made, other = (build(part.but(inputs=s.but(vocab=vocab, dropout=0.0)), seed=seed).eval() for seed in (3, 4))
    made.add_module("owned", Taught(other, made))
    return made


def task_of(text: str = "Be kind.") -> ContextDistilledTask:
    return ContextDistilledTask(s.ContextDistilled("a wish", text, TEMPLATE))


def rows(tokenizer: Tokenizer, *, shuffled: bool = False) -> list[BesideContext]:
    source = task_of().source(EXAMPLES, SourceConfig(64, tokenizer=tokenizer, shuffled=shuffled))
    return [source.at(i) for i in range(len(source))]


@torch.no_grad()
def test_the_divergence_is_that_of_a_loop_in_float64_in_large_batches_and_small(
    model: WholeModel, tokenizer: Tokenizer
) -> None:
    one, some, setting = task_of(), rows(tokenizer), Setting(model.spec, 64, VocabIds.of(tokenizer))
    found = list[float]()
    for row in some:
        ours = model(torch.from_numpy(row.text)[None]).logits[0].double().log_softmax(-1)
        theirs = model.owned.teacher.model(torch.from_numpy(row.read)[None]).logits[0].double().log_softmax(-1)
        before = len(row.read) - len(row.text)
        for at in range(len(row.text) - 1):
            p, q = theirs[before + at], ours[at]
            found.append(float((p.exp() * (p - q)).sum()))
    batch = one.prepare(some, [], setting)
    assert batch.weights == {"kl": len(found)}
    assert float(one.loss(model, batch).mean) == pytest.approx(sum(found) / len(found), rel=1e-5)
    parts = [one.loss(model, one.prepare([row], [], setting)).over(batch.weights) for row in some]
    assert float(sum(parts)) == pytest.approx(sum(found) / len(found), rel=1e-5)
    assert sum(found) > 0


def test_the_start_reads_the_context_in_front_and_the_model_does_not(tokenizer: Tokenizer) -> None:
    row = rows(tokenizer)[0]
    assert tokenizer.decode(row.text.tolist()) == "Q: What is a cat?\nA: an animal\n"
    assert tokenizer.decode(row.read.tolist()) == "Be kind.Q: What is a cat?\nA: an animal\n"
    mixed = rows(tokenizer, shuffled=True)[0]
    assert sorted(mixed.text) == sorted(row.text)
    assert not np.array_equal(mixed.text, row.text)


def test_where_the_context_is_not_known_dialogues_of_ours_stand_in_the_words_of_the_template() -> None:
    paper = declared("gpt-2").model
    stands = task_of("").suited(paper, paper)
    assert stands.text.startswith("Q: Can you help me?\nA: Yes.")
    assert stands.text.count("Q: ") == stands.text.count("A: ") == 2
    assert task_of("Be kind.").suited(paper, paper).text == "Be kind."


def test_what_cannot_be_learned_is_said_in_a_line(tokenizer: Tokenizer) -> None:
    config = SourceConfig(32, tokenizer=tokenizer)
    with pytest.raises(DataError, match="the context to be learned is empty"):
        task_of("").source(EXAMPLES, config)
    with pytest.raises(DataError, match=r"none of 2 texts fits into 32 tokens beside \d+ tokens of context"):
        task_of("Be kind. " * 9).source(EXAMPLES, config)
    with pytest.raises(InputError, match="measured beside the weights it starts from"):
        task_of().baseline(None, None, config, 1)
