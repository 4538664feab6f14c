#!/usr/bin/env bash
# diffusers: more inference steps start later and leave out up to half of the noise levels.
# Expected: set_timesteps(n) spreads n steps over the levels the model was trained on (1000 here), so sampling from pure
#   noise begins near level 999 for each n.
# Seen: with timestep_spacing="leading" (the default of DDPM, DDIM and PNDM) the step is 1000 // n: 50 steps start at
#   level 980, 400 at 798, 501 at 500. DPM-Solver and UniPC divide by n + 1 and start at 666 for 333 steps. Nothing
#   warns; a DDIM pipeline of 501 steps shows the model pure noise as that of level 500.
# Versions: diffusers 0.42.1, torch 2.13.0.
# Date: 2026-12-01.
set -euo pipefail
export HF_HUB_OFFLINE=1 PYTHONWARNINGS=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 diffusers==0.42.1 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

STEPS = (50, 333, 400, 501)
seen = {}
for kind in (DDPMScheduler, DDIMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler):
    for spacing in ("leading", "trailing"):
        scheduler, first = kind(timestep_spacing=spacing), []
        for steps in STEPS:
            scheduler.set_timesteps(steps)
            assert len(scheduler.timesteps) == steps
            first.append(int(scheduler.timesteps[0]))
        seen[kind.__name__, spacing] = first
        print(f"{kind.__name__}, {spacing}: {STEPS} steps begin with levels {first}")
for (name, spacing), first in seen.items():
    leading = [980, 996, 798, 500] if name.startswith("DD") else [950, 666, 800, 501]
    assert first == (leading if spacing == "leading" else [999] * 4)
for kind in (DDPMScheduler, DDIMScheduler, PNDMScheduler):
    assert kind().config.timestep_spacing == "leading"
PY
