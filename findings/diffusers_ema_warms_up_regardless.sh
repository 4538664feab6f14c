#!/usr/bin/env bash
# diffusers: EMAModel with use_ema_warmup=False, the default, warms up.
# Expected: without warm-up each update keeps `decay` of the average: weights that are 1 from then on bring an
#   average of zeros to 1 - 0.9999 ** 1000 = 0.095 in 1000 updates.
# Seen: use_ema_warmup chooses between two warm-ups. With False the decay is min(decay, (1 + t) / (10 + t)), and 0
#   at the first update: 0.9911 after 1000 updates, and 0.9999 only after about 90,000. A short training with
#   decay=0.9999 averages over its last tenth or so, whatever the decay. min_decay=0.9999 gives what was expected
#   (0.095).
# Versions: diffusers 0.42.1, torch 2.13.0.
# Date: 2026-11-30.
set -euo pipefail
export HF_HUB_OFFLINE=1 PYTHONWARNINGS=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers.training_utils import EMAModel

seen = {}
for name, chosen in (("decay alone", {}), ("min_decay too", {"min_decay": 0.9999})):
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    average = EMAModel([weight], decay=0.9999, use_ema_warmup=False, **chosen)
    average.step([weight])  # the first update copies the weights
    with torch.no_grad():
        weight.fill_(1.0)
    decays = {}
    for update in range(2, 1001):
        average.step([weight])
        decays[update] = round(average.cur_decay_value, 4)
    seen[name] = [decays[10], decays[100], decays[1000], round(average.shadow_params[0].item(), 4)]
    print(f"{name}: decay at updates 10, 100, 1000 and the average: {seen[name]}")
assert seen == {"decay alone": [0.5263, 0.9174, 0.9911, 1.0], "min_decay too": [0.9999, 0.9999, 0.9999, 0.0951]}
PY
