"""What TRL's PPO and GRPO make of the same rollouts, and its DPO of the same pairs: tests/objectives/golden/trl.json.

Run twice, each where one of the two is installed beside torch 2.13.0: TRL 0.11.4 with transformers 4.45.2, the last
release whose PPO works on rollouts that are given, and TRL 1.16.0 with transformers 5.23.0, whose GRPO is trained for
two updates on a random model of its own, and whose DPO judges pairs by models whose weights are a formula's.
"""

import json
import tempfile
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import trl

GOLDEN = Path(__file__).parents[1] / "tests" / "objectives" / "golden" / "trl.json"
ROWS, LENGTH, VOCAB = 4, 6, 5
LENGTHS = (6, 3, 1, 4)  # of the answers


def plain(found: dict[str, Any]) -> dict[str, Any]:
    """Numbers, eight digits of each."""

    def one(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            value = value.detach().tolist()
        return [one(each) for each in value] if isinstance(value, list) else float(f"{value:.8g}")

    return {name: one(value) for name, value in found.items()}


def ppo() -> dict[str, Any]:
    """Rewards, advantages, losses and the adaptive coefficient of a rollout that is drawn at random, in float64.

    Rewards are whitened of answers of one length only: this release gives the padding of others a reward then, which
    reaches the advantages before it.
    """
    from trl.core import entropy_from_logits, masked_mean
    from trl.trainer import AdaptiveKLController
    from trl.trainer.ppo_trainer import PPOTrainer

    draw = torch.Generator().manual_seed(7)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    mask = (torch.arange(LENGTH) < torch.tensor(LENGTHS)[:, None]).long()
    logits = random(ROWS, LENGTH, VOCAB)
    old, start = -random(ROWS, LENGTH).abs(), -random(ROWS, LENGTH).abs()
    given = {"mask": mask, "scores": random(ROWS), "old": old, "start": start, "new": old + 0.3 * random(ROWS, LENGTH)}
    given |= {"values": random(ROWS, LENGTH), "new_values": random(ROWS, LENGTH), "logits": logits}
    found: dict[str, Any] = {"kl": 0.2, "discount": 0.98, "smoothing": 0.9, "clip": 0.2, "value_clip": 0.2}
    for name, whiten in (("whitened_", True), ("", False)):
        mask = torch.ones_like(given["mask"]) if whiten else given["mask"]
        config = SimpleNamespace(
            kl_penalty="kl",
            whiten_rewards=whiten,
            gamma=0.98,
            lam=0.9,
            cliprange=0.2,
            cliprange_value=0.2,
            vf_coef=1.0,
            ratio_threshold=1e9,
        )
        trainer: Any = SimpleNamespace(config=config, kl_ctl=SimpleNamespace(value=0.2))
        trainer._kl_penalty = lambda a, b: PPOTrainer._kl_penalty(trainer, a, b)  # noqa: B023
        rewards, _, kls = PPOTrainer.compute_rewards(trainer, given["scores"], old, start, mask)
        values, advantages, returns = PPOTrainer.compute_advantages(trainer, given["values"], rewards, mask)
        policy, value, stats = PPOTrainer.loss(
            trainer, old, values, logits, given["new_values"], given["new"], mask, advantages, returns
        )
        found |= {f"{name}advantages": advantages * mask, f"{name}returns": returns * mask}
        found |= {f"{name}policy": policy, f"{name}value": value, f"{name}clipped": stats["policy/clipfrac"]}
    found |= {"rewards": rewards * mask, "kls": (kls * mask).sum(1)}
    found["entropy"] = masked_mean(entropy_from_logits(logits), mask)
    control = AdaptiveKLController(0.2, 6.0, 10_000)
    adapted = []
    for kl in (3.0, 6.3, 40.0):
        control.update(kl, 256)
        adapted.append([kl, control.value])
    return {"version": trl.__version__, **plain(given), **plain(found), "adapted": adapted}


def grpo() -> dict[str, Any]:
    """Advantages and losses of two updates on the same samples; beta 0.04, and the loss as Shao et al. 2024 have it."""
    from datasets import Dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
    from trl import GRPOConfig, GRPOTrainer

    words = ["<pad>", "<eos>", *"abcdefghij"]
    inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="a"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="<eos>")
    torch.manual_seed(3)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(words),
            n_positions=32,
            n_embd=16,
            n_layer=1,
            n_head=2,
            eos_token_id=1,
            pad_token_id=0,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
        )
    )
    seen: list[dict[str, Any]] = []

    class Watched(GRPOTrainer):  # type: ignore[misc]
        """Keeps what enters each loss, and the loss."""

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            made = super()._generate_and_score_completions(inputs)
            advantages.extend(made["advantages"].tolist())
            with torch.no_grad():  # otherwise policy and start are the same
                made["ref_per_token_logps"] = made["ref_per_token_logps"] - 0.1 * made["completion_mask"].cumsum(1)
            return made

        def _get_per_token_logps_and_entropies(self, *given: Any, **named: Any) -> Any:
            made = super()._get_per_token_logps_and_entropies(*given, **named)
            self.last = made[0]
            return made

        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            loss = super()._compute_loss(model, inputs)
            names = {"mask": "completion_mask", "old": "old_per_token_logps", "start": "ref_per_token_logps"}
            kept = {ours: inputs[theirs] for ours, theirs in names.items()}
            seen.append(plain({**kept, "advantages": inputs["advantages"], "new": self.last, "loss": loss}))
            return loss

    rewards: list[float] = []
    advantages: list[float] = []  # before the answers are put in another order

    def reward(completions: list[str], **_: Any) -> list[float]:
        found = [each.count("a") + 0.5 * each.count("b") + 0.1 * len(each) for each in completions]
        rewards.extend(found)
        return found

    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=6,
            beta=0.04,
            num_iterations=2,
            loss_type="grpo",
            use_bias_correction_kl=False,
            epsilon=0.2,
            learning_rate=0.05,
            max_steps=2,
            report_to=[],
            use_cpu=True,
            seed=3,
            temperature=1.0,
            top_k=0,
            lr_scheduler_type="constant",
        )
        model.save_pretrained(folder)  # the starting weights are read again from where they came
        begun = GPT2LMHeadModel.from_pretrained(folder)
        prompts = Dataset.from_dict({"prompt": ["a b c", "d e"] * 4})
        Watched(begun, reward, config, prompts, processing_class=tokenizer).train()
    return {
        "version": trl.__version__,
        "kl": 0.04,
        "clip": 0.2,
        "samples": 4,
        "rewards": rewards,
        "group": advantages,
        "updates": seen,
    }


PAIRS = (  # prompt, better and worse answer, as tokens
    ((2, 3, 4), (5, 6, 1), (7, 1)),
    ((8,), (9, 1), (10, 11, 2, 3, 1)),
    ((4, 4, 5, 6, 7), (3, 1), (3, 2, 1)),
)


def waved(model: torch.nn.Module, phase: float) -> torch.nn.Module:
    """A model whose weights are waves: gains about 1, others about 0."""
    with torch.no_grad():
        for number, (name, weight) in enumerate(sorted(model.named_parameters())):
            wave = 0.3 * torch.sin(0.7 * torch.arange(weight.numel(), dtype=torch.float64) + number + phase)
            weight.copy_(wave.view(weight.shape) + float("ln" in name and name.endswith("weight")))
    return model.eval()


def dpo() -> dict[str, Any]:
    """Loss, rewards and accuracy of a batch of pairs; beta 0.3, no dropout."""
    from transformers import GPT2Config, GPT2LMHeadModel
    from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer
    from trl.trainer.utils import add_fused_lm_head

    sizes = {"vocab_size": 12, "n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 2}
    policy, start = (waved(GPT2LMHeadModel(GPT2Config(**sizes)), phase) for phase in (0.0, 0.02))
    add_fused_lm_head(policy, outputs=("log_probs", "entropy", "is_top1", "mean_logits"))
    add_fused_lm_head(start)
    rows = [dict(zip(("prompt_ids", "chosen_ids", "rejected_ids"), map(list, each))) for each in PAIRS]
    batch = DataCollatorForPreference(pad_token_id=0)(rows)
    metrics: dict[str, list[float]] = defaultdict(list)
    trainer: Any = SimpleNamespace(
        model=policy,
        ref_model=start,
        beta=0.3,
        loss_types=["sigmoid"],
        loss_weights=[1.0],
        f_divergence_type="reverse_kl",
        label_smoothing=0.0,
        use_weighting=False,
        ld_alpha=None,
        aux_loss_enabled=False,
        precompute_ref_logps=False,
        args=SimpleNamespace(gradient_checkpointing_kwargs=None),
        accelerator=SimpleNamespace(device="cpu", gather_for_metrics=lambda x: x, gather=lambda x: x),
        _metrics={"eval": metrics, "train": metrics},
        _total_train_tokens=0,
    )
    loss = DPOTrainer._compute_loss(trainer, policy, batch, return_outputs=False)
    kept = {name.replace("/", "_"): values[0] for name, values in metrics.items() if name.startswith("rewards/")}
    return {"version": trl.__version__, "beta": 0.3, "sizes": sizes, "pairs": PAIRS, "loss": loss.item(), **kept}


if __name__ == "__main__":
    kept = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    kept |= {"ppo": ppo()} if trl.__version__.startswith("0.") else {"grpo": grpo(), "dpo": dpo()}
    GOLDEN.write_text(json.dumps(kept, indent=1) + "\n")
