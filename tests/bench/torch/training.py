"""A training step as `mqcast bench` does it: all forks, masked pinball loss, clipped norm, Adam."""

import torch

from models import HISTORY, KNOWN, STATIC, MODELS, SIZES, pinball


def synthetic_batch(size, series, seed, is_policy=False):
    """Normal numbers; the future is not seen."""
    s = SIZES[size]
    dates = s["T"] + s["K"]
    draw = torch.Generator().manual_seed(seed)
    mask = torch.ones(series, dates)
    mask[:, s["T"] :] = 0
    target = torch.randn(series, dates, generator=draw)
    return {
        "is_policy": is_policy,
        "history": torch.randn(series, s["T"], HISTORY, generator=draw),
        "known": torch.randn(series, dates, KNOWN, generator=draw),
        "static": torch.randn(series, STATIC, generator=draw),
        "target": target.abs() if is_policy else target,
        "mask": mask,
    }


def trained(network):
    """{name: parameter} of those that learn."""
    return {n: p for n, p in network.named_parameters() if p.requires_grad}


def loss_of(network, batch):
    inputs = (batch["history"], batch["known"], batch["static"])
    if batch["is_policy"]:
        return network(*inputs, batch["target"], batch["mask"])
    yhat = network(*inputs)
    return pinball(yhat, batch["target"], batch["mask"])


class Trainer:
    def __init__(self, network):
        self.network = network
        self.parameters = list(trained(network).values())
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-3)

    def step(self, batch):
        self.optimizer.zero_grad(set_to_none=True)
        loss_of(self.network, batch).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
