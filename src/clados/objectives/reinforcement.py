"""The figures of learning from rewards: advantages, ratios, clipped losses and distances, as pure functions.

All are of answers side by side, [rows, length] for what is said of tokens; ``written`` is True where a token was
written, and False behind the end of an answer, where no figure means anything.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Totals = Callable[[Sequence[Tensor]], Sequence[float | Tensor]]  # numbers, each added up over all processes

BESIDE_VARIANCE = 1e-8  # beside a variance (openai/lm-human-preferences, whiten)
BESIDE_DEVIATION = 1e-4  # beside the deviation of a group (TRL 1.16.0)
MOST_CORRECTED = 0.2  # the largest share of its target by which an adaptive coefficient is corrected at once


def written_mean(x: Tensor, written: Tensor) -> Tensor:
    """The mean over what is written, []."""
    return (x * written).sum() / written.sum()


def here(numbers: Sequence[Tensor]) -> Sequence[Tensor]:
    """Numbers as they are: what one process has."""
    return numbers


def whitened(x: Tensor, written: Tensor, *, centred: bool = True, summed: Totals = here) -> Tensor:
    """x with variance 1 over what is written, and mean 0 where it is ``centred``; its mean stays where it is not.

    (Stiennon et al. 2020 and Ziegler et al. 2019 whiten so; the variance is the unbiased one, as TRL 0.11.4's.)

    Args:
        summed: mean and variance are those of all processes by it.
    """
    number, whole = summed([written.sum(), (x * written).sum()])
    middle = whole / number
    (squares,) = summed([((x - middle).square() * written).sum()])
    spread = squares / max(float(number) - 1, 1)
    made = (x - middle) * (spread + BESIDE_VARIANCE) ** -0.5
    return made if centred else made + middle


# ---------------------------------------------------------------- rewards and advantages


def kl_rewards(scores: Tensor, log_p: Tensor, log_start: Tensor, written: Tensor, kl: float) -> Tensor:
    """-kl (log p - log p0) at each token, and the answer's score at its last (Ouyang et al. 2022, eq. 2).

    Args:
        scores: [rows], the judge's; log_p, log_start: of the tokens, by the policy and by the stage's starting weights.
    """
    last = (written * torch.arange(written.size(1), device=written.device)).argmax(1)
    rewards = -kl * (log_p - log_start) * written
    return rewards.scatter_add(1, last[:, None], scores[:, None].to(rewards))


def generalised_advantages(
    rewards: Tensor, values: Tensor, written: Tensor, discount: float, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Advantages and returns of each token (Schulman et al. 2016, GAE, eq. 16).

    delta_t = r_t + discount V_{t+1} - V_t, A_t = delta_t + discount smoothing A_{t+1}; nothing comes after the end of
    an answer. A return is an advantage plus the value that it was taken from.
    """
    values, rewards = values * written, rewards * written
    after = torch.zeros_like(values[:, 0])
    advantage, found = after, []
    for t in reversed(range(values.size(1))):
        advantage = rewards[:, t] + discount * after - values[:, t] + discount * smoothing * advantage
        after = values[:, t]
        found.append(advantage)
    advantages = torch.stack(found[::-1], 1)
    return advantages, advantages + values


def group_advantages(scores: Tensor, samples: int) -> Tensor:
    """(r - mean) / std of the answers to one prompt, which stand side by side (Shao et al. 2024, §4.1.2).

    The deviation is the unbiased one, with a little beside it: the paper says neither (TRL 1.16.0 has both so).

    Args:
        scores: [rows], ``samples`` of each prompt.

    Returns:
        [rows], the same for every token of an answer.
    """
    groups = scores.view(-1, samples)
    spread = groups.std(1, keepdim=True) if samples > 1 else torch.zeros_like(groups)
    return ((groups - groups.mean(1, keepdim=True)) / (spread + BESIDE_DEVIATION)).flatten()


def adapted_kl(kl: float, found: float, target: float, horizon: int, answers: int) -> float:
    """The coefficient for the next answers, by how far the last were from the target (Ziegler et al. 2019, §2.2).

    Args:
        found: nats from the starting weights, of an answer in the mean; answers: how many there were.
    """
    error = min(max(found / target - 1, -MOST_CORRECTED), MOST_CORRECTED)
    return kl * (1 + error * answers / horizon)


# ---------------------------------------------------------------- losses, of each token


def clipped_policy(log_p: Tensor, old_log_p: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """-min(w A, clip(w, 1 - c, 1 + c) A), w the ratio of new and old probability (Schulman et al. 2017, eq. 7)."""
    ratio = (log_p - old_log_p).exp()
    return torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip))


def clipped_share(log_p: Tensor, old_log_p: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """1 where clipping has changed the loss of a token, and 0 elsewhere."""
    ratio = (log_p - old_log_p).exp()
    return (-advantages * ratio.clamp(1 - clip, 1 + clip) > -advantages * ratio).to(log_p)


def clipped_values(values: Tensor, old_values: Tensor, returns: Tensor, clip: float | None) -> Tensor:
    """Half the squared error; of it and that of a value held within ``clip`` of the old one, the larger.

    (openai/baselines ppo2; no clip: the squared error alone.)
    """
    error = (values - returns).square()
    if clip is not None:
        held = torch.maximum(torch.minimum(values, old_values + clip), old_values - clip)
        error = torch.maximum(error, (held - returns).square())
    return 0.5 * error


def estimated_kl(log_p: Tensor, log_start: Tensor) -> Tensor:
    """p0 / p - log(p0 / p) - 1, whose mean over samples is KL(p against p0), and which is never below 0.

    (Schulman 2020, "Approximating KL divergence"; Shao et al. 2024, eq. 4.)
    """
    difference = log_start - log_p
    return difference.exp() - difference - 1


def whole_kl(logits: Tensor, start_logits: Tensor) -> Tensor:
    """KL(p against p0) over the vocabulary, [...] of [..., vocabulary] scores."""
    ours, theirs = logits.float().log_softmax(-1), start_logits.float().log_softmax(-1)
    return (ours.exp() * (ours - theirs)).sum(-1)


def entropy(logits: Tensor) -> Tensor:
    """-sum p log p, nats, [...] of [..., vocabulary] scores."""
    log_p = logits.log_softmax(-1)
    return -(log_p.exp() * log_p).sum(-1)
