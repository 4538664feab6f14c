#!/usr/bin/env bash
# trl: with whiten_rewards, the padding behind a short answer changes the advantages of its tokens.
# Expected: PPOTrainer.compute_advantages takes a mask: advantages of an answer's tokens depend on its tokens alone, and
#   are the same whether the batch is padded to 4 places or to 6.
# Seen: compute_advantages clears rewards by the mask and then whitens them, which gives padding -mean / std instead of 0;
#   the backward recursion carries that into the advantages and returns of the tokens before. They differ by the padding.
#   Without whiten_rewards they are the same.
# Versions: trl 0.11.4, transformers 4.45.2, torch 2.13.0 (and rich, which this release imports without asking for it).
# Date: 2026-11-29.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 trl==0.11.4 transformers==4.45.2 rich==15.0.0
cd "$work"
venv/bin/python - <<'PY'
from types import SimpleNamespace

import torch
from trl.trainer.ppo_trainer import PPOTrainer

lengths = torch.tensor([4, 1])
scores, log_p = torch.tensor([2.0, 3.0], dtype=torch.float64), torch.zeros(2, 4, dtype=torch.float64)


def returns(padded_to, whiten):
    config = SimpleNamespace(kl_penalty="kl", whiten_rewards=whiten, gamma=1.0, lam=0.95)
    trainer = SimpleNamespace(config=config, kl_ctl=SimpleNamespace(value=0.2))
    trainer._kl_penalty = lambda a, b: PPOTrainer._kl_penalty(trainer, a, b)
    mask = (torch.arange(padded_to) < lengths[:, None]).long()
    known = torch.nn.functional.pad(log_p, (0, padded_to - 4))
    rewards, _, _ = PPOTrainer.compute_rewards(trainer, scores, known, known, mask)
    _, advantages, found = PPOTrainer.compute_advantages(trainer, torch.zeros_like(known), rewards, mask)
    return found * mask, advantages * mask


for whiten in (False, True):
    (found, ahead), (longer, farther) = returns(4, whiten), returns(6, whiten)
    print(f"whiten_rewards={whiten}: returns at the first tokens, padded to 4 {found[:, 0].tolist()}, "
          f"to 6 {longer[:, 0].tolist()}")
    same = torch.allclose(found, longer[:, :4])
    assert same is not whiten
    assert torch.allclose(ahead, farther[:, :4]) is not whiten
PY
