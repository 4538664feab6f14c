"""A short run without dropout, alone or as one of torchrun's processes: DATA OUT."""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from small import choices

from clados import spec as s
from clados.train.pretrain import module, planned

data, out = sys.argv[1], Path(sys.argv[2])
torch.set_num_threads(1)
still = s.but(dropout=0.0, attn=s.but(dropout=0.0))
plan = planned(choices(data, "bert", steps=6, batch=8, micro=3))
plan = replace(plan, model=plan.model.but(inputs=s.but(dropout=0.0), stack=s.but(block=still)))
plan.trainer(module(plan), out / "bert").fit()
plan = planned(choices("emoji", "clip", steps=4, batch=8, params="300K"))
plan.trainer(module(plan), out / "clip").fit()
if torch.distributed.is_initialized():
    torch.distributed.destroy_process_group()
