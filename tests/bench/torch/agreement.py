#!/usr/bin/python3
"""Shows that mqcast and the networks of models.py do the same work: from the weights and the batch
that `mqcast bench --dump` wrote, loss and every gradient agree."""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

from models import MODELS, SIZES
from training import loss_of, trained

# Relative, by norm. In float a unit near a kink may stand on its other side in one of the programs;
# in double what remains is mqcast's rounding of gradients to multiples of 2^-44.
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-7}


def read_safetensors(path):
    """{name: tensor} of a file: 8 bytes of header length, JSON header, values."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        values = file.read()
    types = {"F32": np.float32, "F64": np.float64}
    tensors = {}
    for name, row in header.items():
        if name == "__metadata__":
            continue
        begin, end = row["data_offsets"]
        array = np.frombuffer(values[begin:end], types[row["dtype"]]).reshape(row["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def group(tensors, prefix):
    return {n[len(prefix) + 1 :]: t for n, t in tensors.items() if n.startswith(prefix + ".")}


# ---- mqcast's parameters as PyTorch names and lays them out --------------------------------------


def linear(to, t, name):
    """name.weight (in, out), the rows of inputs that do not change with time in name.fixed."""
    rows = [t[name + part] for part in (".weight", ".fixed") if name + part in t]
    return {to + ".weight": torch.cat(rows).T, to + ".bias": t[name + ".bias"]}


def encoder(t):
    names = linear("encoder.static", t, "static")
    for level in range(6):
        to, name = f"encoder.convolutions.levels.{level}", f"encoder.conv.{level}"
        # Tap j of mqcast looks j dilations back, tap j of Conv1d starts at the oldest.
        names[to + ".weight"] = t[name + ".weight"].flip(0).permute(2, 1, 0)
        names[to + ".bias"] = t[name + ".bias"]
    return names


def head(t, own):
    """W1 and what follows the contexts."""
    return {
        **linear("joint.state", t, "decoder.global.state"),
        "joint.known.weight": t["decoder.global.known.weight"].permute(2, 1, 0),
        "local.own.weight": torch.cat([t["decoder.local." + part] for part in own]).T,
        **linear("local.agnostic", t, "decoder.local.agnostic"),
        "local.known.weight": t["decoder.local.known"].T,
        **linear("local.quantile", t, "decoder.quantile"),
    }


def decoder(t):
    """MQ-RNN's: the contexts of the horizons, then the one for all."""
    contexts = linear("specific", t, "decoder.global.contexts")
    width = t["decoder.local.agnostic.weight"].shape[0]
    last = {name.replace("specific", "agnostic"): w[-width:] for name, w in contexts.items()}
    names = {**head(t, ["specific"]), **{name: w[:-width] for name, w in contexts.items()}, **last}
    return {"decoder." + name: w for name, w in names.items()}


def mqrnn(t):
    lstm = group(t, "encoder.lstm")
    return {
        **linear("static", t, "static"),
        "lstm.weight_ih_l0": torch.cat((lstm["input"], lstm["fixed"])).T,
        "lstm.weight_hh_l0": lstm["recurrent"].T,
        "lstm.bias_ih_l0": lstm["bias"],
        **decoder(t),
    }


def mqcnn(t):
    return {**encoder(t), **decoder(t)}


def mqtransformer(t):
    C = t["cross.query.state.weight"].shape[0]
    width = t["cross.query.date"].shape[1]
    steps, dates = t["cross.source.weight"].split((C, t["cross.source.weight"].shape[0] - C))
    source = torch.cat((steps, t["cross.source.fixed"], dates)).T
    state = torch.cat((t["self.state.weight"], t["self.state.fixed"])).T
    return {
        **encoder(t),
        "position.weight": t["position.weight"][0].T,
        "position.bias": t["position.bias"],
        **linear("cross.state", t, "cross.query.state"),
        "cross.date.weight": t["cross.query.date"].T,
        "cross.key.weight": source[:width],
        "cross.value.weight": source[width:],
        "cross.value.bias": t["cross.source.bias"],
        "revise.context.weight": t["self.context"].T,
        "revise.key.weight": state[:width],
        "revise.query_value.weight": state[width:],
        "revise.query_value.bias": t["self.state.bias"],
        **linear("agnostic", t, "decoder.global.contexts"),
        **head(t, ["specific", "revised"]),
    }


def policy(t):
    return {
        **encoder(t),
        **linear("joint.state", t, "decoder.global.state"),
        "joint.known.weight": t["decoder.global.known.weight"].permute(2, 1, 0),
        **linear("contexts", t, "decoder.global.contexts"),
        **linear("context", t, "policy.context"),
        "state.weight": t["policy.state"].T,
        **linear("hidden", t, "policy.1"),
        **linear("order", t, "policy.order"),
    }


TRANSLATIONS = {
    "mqrnn": mqrnn,
    "mqcnn": mqcnn,
    "mqtransformer": mqtransformer,
    "policy": policy,
}


# ---- the comparison ------------------------------------------------------------------------------


def dump_step(mqcast, model, size, batch, path):
    command = [mqcast, "bench", "--model", model, "--size", size, "--batch", str(batch)]
    command += ["--threads", "1", "--lanes", "1", "--dump", path]
    done = subprocess.run(command, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(done.stderr.decode())
    return read_safetensors(path)


def difference(ours, theirs):
    return (torch.linalg.vector_norm(ours - theirs) / torch.linalg.vector_norm(theirs)).item()


def compare(tensors, model, size):
    """(parameters, error of the loss, largest error of a gradient, its name)."""
    weights = TRANSLATIONS[model](group(tensors, "weight"))
    gradients = TRANSLATIONS[model](group(tensors, "gradient"))
    network = MODELS[model](SIZES[size]).to(tensors["step.loss"].dtype)
    parameters = trained(network)
    if parameters.keys() != weights.keys():
        sys.exit(f"{model}: other parameters: {sorted(parameters.keys() ^ weights.keys())}")
    network.load_state_dict(weights, strict=False)
    loss = loss_of(network, {**group(tensors, "batch"), "is_policy": model == "policy"})
    loss.backward()
    errors = {name: difference(p.grad, gradients[name]) for name, p in parameters.items()}
    furthest = max(errors, key=lambda name: (math.isnan(errors[name]), errors[name]))
    count = sum(p.numel() for p in parameters.values())
    return count, difference(loss, tensors["step.loss"]), errors[furthest], furthest


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mqcast", default=os.environ.get("MQCAST", "build/release/mqcast"))
    parser.add_argument("--sizes", nargs="+", default=["small", "medium"], choices=SIZES)
    parser.add_argument("--batch", type=int, default=8)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    is_same = True
    print("| model | size | parameters | loss | gradients | the furthest |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for size in asked.sizes:
            for model in MODELS:
                path = os.path.join(folder, f"{model}-{size}.safetensors")
                tensors = dump_step(asked.mqcast, model, size, asked.batch, path)
                count, loss, gradient, name = compare(tensors, model, size)
                print(f"| {model} | {size} | {count:,} | {loss:.1e} | {gradient:.1e} | {name} |")
                tolerance = TOLERANCE[tensors["step.loss"].dtype]
                is_same = is_same and loss <= tolerance and gradient <= tolerance
    if not is_same:
        sys.exit(f"not the same work: relative differences above {tolerance}")


if __name__ == "__main__":
    main()
