"""Texts that are read whole, for heads that say something of them: classes, tags, where an answer stands."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready, pad_ids
from clados.data.tokenizer import ReadText


def read_whole(
    model: s.Model, rows: Sequence[ReadText], pad: int, device: torch.device | str = "cpu"
) -> dict[str, Tensor]:
    """What a model is called with to read some texts whole: padded on the right, with the segments where it has these.

    A model that answers reads them with the encoder, and with the decoder one place later, as transformers' BART does
    (5.23.0 modeling_bart.py, ``BartForSequenceClassification``).
    """
    ids, keep = pad_ids([row.ids for row in rows], pad, torch.device(device))
    inputs = {"input_ids": ids} | ({} if keep is None else {"attention_mask": keep})
    if model.writes == "answers":
        start = model.written_vocab.start
        first = torch.full_like(ids[:, :1], pad if start is None else start)
        inputs["decoder_input_ids"] = torch.cat([first, ids[:, :-1]], 1)
        return inputs | ({} if keep is None else {"decoder_attention_mask": keep})
    if (text := model.reads(s.Tokens)) is not None and text.types > 1:
        inputs["token_type_ids"], _ = pad_ids([row.types for row in rows], 0, torch.device(device))
        inputs["token_type_ids"].clamp_(max=text.types - 1)
    return inputs


def read_ready(ready: Ready, rows: Sequence[ReadText]) -> dict[str, Tensor]:
    """The same for a model that is ready.

    Raises:
        InputError: when the tokenizer has more words than the model.
    """
    ready.known([row.ids for row in rows])
    return read_whole(ready.spec, rows, ready.required_tokenizer.ids.get("pad", 0), ready.device)
