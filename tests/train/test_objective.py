"""An objective shown on a text."""

import pytest

from clados.train.objective import objective


@pytest.mark.parametrize("model", ["bert", "t5"])  # pieces and letters that are not learned are unknown to both
@pytest.mark.parametrize("text", ["我喜欢在公园里散步，因为天气很好。", "ሰላም ዓለም እንዴት ነህ ዛሬ"])
def test_a_text_in_any_script_has_tokens(model: str, text: str) -> None:
    seen = objective(model, text).as_dict()["sees"]
    assert len(seen) > 8
    assert not {"[UNK]", "<unk>"} & {token["token"] for token in seen}
