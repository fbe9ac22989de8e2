#!/usr/bin/python3
"""Times `mqcast bench` and PyTorch side by side, in turns, and prints a table in Markdown.

A step is the median of a run; the table has the best of the runs and, as spread, how much longer
the worst one took. The sgemm rates are of the same runs.
"""

import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = ("mqrnn", "mqcnn", "mqtransformer", "policy")

# What helps PyTorch: an allocator that keeps its memory, huge pages, one thread, and AVX-512 loops,
# which it does not choose by itself, where the CPU has them.
TUNED = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(256 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "OMP_NUM_THREADS": "1",
}
with open("/proc/cpuinfo") as cpu:
    FLAGS = cpu.read()
if " avx512f " in FLAGS:
    TUNED["ATEN_CPU_CAPABILITY"] = "avx512"
    TUNED["OPENBLAS_CORETYPE"] = "SkylakeX"  # on a CPU that is newer than OpenBLAS it takes SSE3


def environment(more):
    """Ours without what would choose OpenBLAS's kernels: the library knows the CPU better."""
    forced = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    kept = {name: value for name, value in os.environ.items() if name not in forced}
    return {**kept, **more}


def measured(command, more):
    done = subprocess.run(command, env=environment(more), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: ended with {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def commands(asked, model, size, batch):
    """Of mqcast and of PyTorch, for the same work."""
    work = ["--model", model, "--size", size, "--batch", str(batch)]
    work += ["--seconds", str(asked.seconds)]
    ours = [asked.mqcast, "bench", *work, "--threads", "1", "--json"]
    if asked.lanes is not None:
        ours += ["--lanes", str(asked.lanes)]
    theirs = [asked.python, os.path.join(HERE, "bench.py"), *work, "--ranks", str(asked.ranks)]
    if asked.ranks > 1:
        ours = ["mpirun", "-q", "-n", str(asked.ranks), *ours]
    return ours, theirs


def best_of(runs):
    """(best step in ms, spread in %, sgemm GFLOP/s of the best run)."""
    best = min(runs, key=lambda run: run["step_ms"]["median"])
    step = best["step_ms"]["median"]
    worst = max(run["step_ms"]["median"] for run in runs)
    return step, 100 * (worst / step - 1), best["sgemm_gflops"]


def compare(asked, model, size, batch):
    """One row, from runs in turns."""
    ours, theirs = commands(asked, model, size, batch)
    runs = [(measured(ours, {}), measured(theirs, TUNED)) for _ in range(asked.repeats)]
    counts = {run["parameters"] for pair in runs for run in pair}
    if len(counts) > 1:
        sys.exit(f"{model} {size}: not the same work: {counts} parameters")
    (mine, spread, sgemm), (peer, peer_spread, peer_sgemm) = map(best_of, zip(*runs))
    cells = [
        model,
        size,
        str(batch),
        f"{mine:.1f} (+{spread:.0f} %)",
        f"{peer:.1f} (+{peer_spread:.0f} %)",
        f"{peer / mine:.2f}",
        f"{sgemm:.0f} / {peer_sgemm:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mqcast", default=os.environ.get("MQCAST", "build/release/mqcast"))
    parser.add_argument("--python", default="/usr/bin/python3", help="one that has torch")
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--sizes", nargs="+", default=["small", "medium"])
    parser.add_argument("--batches", nargs="+", type=int, default=[32, 128])
    parser.add_argument("--ranks", type=int, default=1, help="MPI ranks, and processes of PyTorch")
    parser.add_argument("--lanes", type=int, help="of mqcast (default: one per rank)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of training steps in each run")
    asked = parser.parse_args()
    print("| model | size | batch | mqcast ms | PyTorch ms | ratio | sgemm GFLOP/s |")
    print("|---|---|---|---|---|---|---|")
    for model in asked.models:
        for size in asked.sizes:
            for batch in asked.batches:
                print(compare(asked, model, size, batch), flush=True)


if __name__ == "__main__":
    main()
