"""Sources: what a declaration says of its examples is what they are."""

import numpy as np
import pytest

from clados import spec as s
from clados.data import Text, train_tokenizer
from clados.data.roles import Roles
from clados.models.bert.bert import bert
from clados.objectives import SourceConfig, task


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_as_many_pairs_follow_as_the_declaration_says(share: float) -> None:
    documents = [Text(str(i), "To be. Or not to be. That is it.") for i in range(200)]
    tokenizer = train_tokenizer([documents[0].text], "wordpiece", 200, Roles.of(bert.vocab))
    objective = s.MaskedTokens(packing=s.SentencePairs(follows=share, short=0.0))
    pairs = task(objective).source(documents, SourceConfig(64, tokenizer=tokenizer))
    assert np.mean([pairs.at(i).follows for i in range(len(pairs))]) == pytest.approx(share, abs=0.1)
