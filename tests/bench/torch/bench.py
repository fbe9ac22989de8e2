#!/usr/bin/python3
"""Times a training step of models.py and prints one JSON object, as `mqcast bench --json` does.

Several processes share the batch by DistributedDataParallel over gloo.
"""

import argparse
import json
import os
import statistics
import tempfile
import time

import torch
import torch.distributed as dist

from models import MODELS, SIZES
from training import Trainer, synthetic_batch

WARM_UP = 3
ROUND = 10  # steps between two looks at the clock


def agreed_max(value, ranks):
    """The largest over all processes, so that all make the same number of steps."""
    if ranks == 1:
        return value
    largest = torch.tensor(value)
    dist.all_reduce(largest, dist.ReduceOp.MAX)
    return largest.item()


def measure(trainer, batch, seconds, ranks):
    for _ in range(WARM_UP):
        trainer.step(batch)
    times = []
    began = time.perf_counter()
    while agreed_max(time.perf_counter() - began, ranks) < seconds:
        for _ in range(ROUND):
            before = time.perf_counter()
            trainer.step(batch)
            times.append(time.perf_counter() - before)
    return times


def sgemm_gflops(n=1024, seconds=0.5):
    a, b = torch.rand(n, n), torch.rand(n, n)
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < seconds:
        before = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - before)
    return 2e-9 * n**3 / best


def run(rank, asked, meeting):
    """One process; `meeting` is a file in which they find each other."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = MODELS[asked.model](SIZES[asked.size])
    if asked.ranks > 1:
        dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=asked.ranks)
        network = torch.nn.parallel.DistributedDataParallel(
            network, broadcast_buffers=False, gradient_as_bucket_view=True
        )
    trainer = Trainer(network)
    is_policy = asked.model == "policy"
    batch = synthetic_batch(asked.size, asked.batch // asked.ranks, rank, is_policy)
    sgemm = sgemm_gflops()
    times = measure(trainer, batch, asked.seconds, asked.ranks)
    if rank > 0:
        return
    tenths = [1e3 * t for t in statistics.quantiles(times, n=10)]
    result = {
        "model": asked.model,
        "size": asked.size,
        "batch": asked.batch,
        "ranks": asked.ranks,
        "parameters": sum(p.numel() for p in trainer.parameters),
        "step_ms": {"median": tenths[4], "p10": tenths[0], "p90": tenths[8]},
        "sgemm_gflops": sgemm,
    }
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mqrnn", choices=MODELS)
    parser.add_argument("--size", default="small", choices=SIZES)
    parser.add_argument("--batch", type=int, default=32, help="series per step over all processes")
    parser.add_argument("--ranks", type=int, default=1, help="processes")
    parser.add_argument("--seconds", type=float, default=3)
    asked = parser.parse_args()
    if asked.ranks == 1:
        run(0, asked, None)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = os.path.join(folder, "meeting")
        torch.multiprocessing.spawn(run, (asked, meeting), nprocs=asked.ranks)


if __name__ == "__main__":
    main()
