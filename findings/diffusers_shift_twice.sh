#!/usr/bin/env bash
# diffusers: the flow-matching scheduler shifts its last noise level twice.
# Expected: FlowMatchEulerDiscreteScheduler(shift=3.0) sampled at its 1000 training steps visits the training
#   sigmas.
# Seen: set_timesteps starts from the smallest sigma after the shift and shifts again: it ends at 0.0089 where the
#   training sigmas end at 0.0030; with shift 1 both are equal.
# Versions: diffusers 0.42.1, torch 2.13.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

for shift, last in ((1.0, 0.001), (3.0, 0.0089286)):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
    training = scheduler.sigmas.clone()
    scheduler.set_timesteps(len(training))
    sampling = scheduler.sigmas[:-1]  # the very last is the 0 of the clean image
    off = (sampling - training).abs().max().item()
    print(f"shift {shift}: training ends at {training[-1]:.7f}, sampling at {sampling[-1]:.7f}, apart by {off:.4f}")
    assert len(sampling) == len(training) and abs(sampling[-1].item() - last) < 1e-6
    assert abs(training[-1].item() - shift * 0.001 / (1 + (shift - 1) * 0.001)) < 1e-6
    assert (off > 1e-3) == (shift != 1)
PY
