"""Answers to one prompt, and rewards of answers of unlike lengths, in seconds of the processor."""

import time
from typing import Any

import torch

from benchmarks import peers
from benchmarks.harness import Figure, Limits, figure, interleaved
from clados.apply.generate import generate
from clados.apply.ready import batched, pad_ids
from clados.nn.weight_layout import prepare_for_decoding

ANSWERS, ASKED, NEW = 16, 64, 48
ROWS, BATCH, SHORTEST, LONGEST = 64, 16, 8, 128  # of texts that are scored
PAIRS = 3


def sixteen(limits: Limits) -> list[Figure]:
    """16 answers drawn to one prompt, beside ``num_return_sequences``; of 5.5M and of 124M parameters."""
    figures = []
    for name, words in (("GPT-2 5.5M", peers.SMALL), ("GPT-2 124M", {})):
        ours, theirs = peers.both(peers.gpt_2(**words))
        prepare_for_decoding(ours, rows=ANSWERS)
        ids = torch.randint(10, 1000, (1, ASKED), generator=torch.Generator().manual_seed(0))
        how = {"min_new_tokens": NEW, "do_sample": True, "top_k": 0, "num_return_sequences": ANSWERS}

        def mine(model: Any = ours, ids: torch.Tensor = ids) -> object:
            return generate(model, ids, max_new_tokens=NEW, n=ANSWERS, temperature=1.0, seed=0, eos=())

        def peer(model: Any = theirs, ids: torch.Tensor = ids, how: dict[str, Any] = how) -> object:
            with torch.inference_mode():
                return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW, **how)

        seconds = interleaved({"clados": mine, "transformers": peer}, PAIRS, clock=time.process_time)
        said = f"{name}, {ANSWERS} answers of {NEW} tokens to a prompt of {ASKED}"
        figures.append(figure(said, seconds, 1.5))
    return figures


def rewards(limits: Limits) -> list[Figure]:
    """Texts of 8 to 128 tokens scored by a class with one label, theirs in batches as they come."""
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(SHORTEST, LONGEST + 1, (ROWS,), generator=draw).tolist()
    rows = [torch.randint(10, 1000, (length,), generator=draw).tolist() for length in lengths]
    figures = []
    for name, words in (("GPT-2 5.5M", peers.SMALL), ("GPT-2 124M", {})):
        config = peers.gpt_2(**words, num_labels=1, pad_token_id=0, architectures=["GPT2ForSequenceClassification"])
        ours, theirs = peers.both(config)

        @torch.inference_mode()
        def mine(model: Any = ours) -> torch.Tensor:
            found = torch.zeros(ROWS)
            for numbers in batched(rows, BATCH, len):
                ids, keep = pad_ids([rows[number] for number in numbers], 0, torch.device("cpu"))
                found[numbers] = model(ids, attention_mask=keep).logits[:, 0]
            return found

        @torch.inference_mode()
        def peer(model: Any = theirs) -> torch.Tensor:
            found = []
            for at in range(0, ROWS, BATCH):
                ids, keep = pad_ids(rows[at : at + BATCH], 0, torch.device("cpu"))
                found.append(model(ids, attention_mask=None if keep is None else keep.long()).logits[:, 0])
            return torch.cat(found)

        torch.testing.assert_close(mine(), peer(), rtol=1e-3, atol=1e-4)
        seconds = interleaved({"clados": mine, "transformers": peer}, PAIRS, clock=time.process_time)
        said = f"{name}, {ROWS} texts of {SHORTEST} to {LONGEST} tokens scored, {BATCH} at once"
        figures.append(figure(said, seconds, 2.0))
    return figures
