"""torch.nn.Transformer as a translator: what it leaves to its users is added around it, as the paper says."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Translator(nn.Module):
    """Token vectors times sqrt(d_model) plus sinusoids, torch's encoder and decoder, the token table again."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        names = ("d_model", "nhead", "num_encoder_layers", "num_decoder_layers", "dim_feedforward", "activation")
        more = ("layer_norm_eps", "batch_first", "norm_first", "bias")
        body = nn.Transformer(**{name: config[name] for name in (*names, *more)}, dropout=0.0)
        self.encoder, self.decoder = body.encoder, body.decoder
        self.encoder.enable_nested_tensor = False
        self.tokens = nn.Embedding(config["vocab_size"], config["d_model"])

    def forward(self, input_ids: Tensor, decoder_input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scores of tokens, [batch, length, vocabulary]."""
        padding = attention_mask == 0
        ahead = nn.Transformer.generate_square_subsequent_mask(decoder_input_ids.size(1)).isinf()
        memory = self.encoder(self.read(input_ids), src_key_padding_mask=padding)
        given = {"tgt_mask": ahead, "tgt_is_causal": True, "memory_key_padding_mask": padding}
        states: Tensor = self.decoder(self.read(decoder_input_ids), memory, **given)
        return states @ self.tokens.weight.T

    def read(self, ids: Tensor) -> Tensor:
        """[batch, length] -> [batch, length, d_model]."""
        width = self.tokens.embedding_dim
        place = torch.arange(ids.size(1), dtype=torch.float64)[:, None]
        angle = place / 10_000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
        table = torch.zeros(ids.size(1), width, dtype=torch.float64)
        table[:, 0::2], table[:, 1::2] = angle.sin(), angle.cos()
        vectors: Tensor = self.tokens(ids)
        return vectors * math.sqrt(width) + table.float()
