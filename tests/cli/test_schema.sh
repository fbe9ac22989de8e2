#!/usr/bin/env bash
# labels: cli slow
# The JSON Schema of experiments takes what mqcast takes and refuses what it refuses.
. "$(dirname "$0")/lib.sh"

schema=$(dirname "$MQCAST")/share/mqcast/experiment.schema.json

# judge.py SCHEMA FILE...: a line for each, "taken FILE" or "refused FILE: why".
cat >judge.py <<'END'
import json, re, sys, yaml, jsonschema

class Loader(yaml.SafeLoader):  # the core schema of YAML 1.2, which editors read
    yaml_implicit_resolvers = {}

for tag, pattern, first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(f"^({pattern})$"), list(first))

def number(loader, node):
    return float(loader.construct_scalar(node))

Loader.add_constructor("tag:yaml.org,2002:float", number)

with open(sys.argv[1]) as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for name in sys.argv[2:]:
    with open(name) as file:
        errors = list(validator.iter_errors(yaml.load(file, Loader)))
    print(f"refused {name}: {errors[0].message}" if errors else f"taken {name}")
END
judge() {
    /usr/bin/python3 judge.py "$schema" "$@"
}

# ---- what is in the tree, and a filled template of every model
mapfile -t configs < <(find "$MQ_SOURCE_DIR/configs" -name '*.yaml' ! -name default.yaml | sort)
for model in $("$MQCAST" template --help | sed -n '/^models:/,/^$/s/^  \([a-z_0-9]\+\) .*/\1/p'); do
    "$MQCAST" template "$model" | sed 's/^  # members: /  members: [a] #/; s/^  # \([a-z]*\): /  \1: 9 #/' >"taken-$model.yaml"
done
cat >taken-words.yaml <<'END'
version: 1
run: {name: 2024, seed: 3}
data: {panel: a.h5, context: 9, horizon: 3, calendar: off, lags: [7, 7x4]}
model: {dropout: 1e-1}
loss:
train: {lr: 1e-3, steps: 10, schedule: constant}
evaluate: {start: 2024-01-31, end: "", levels: [0.5]}
END
expect_exit 0 '^taken taken-words' -- judge "${configs[@]}" taken-*.yaml
expect_lines 0 '^refused'
cp .out judged
for file in "${configs[@]}" taken-*.yaml; do
    expect_exit 1 'none.h5: No such file' -- "$MQCAST" train "$file" --set data.panel=none.h5
done

# ---- what is refused
# refused NAME LINE...: an experiment of these lines below the least.
refused() {
    local name=$1
    shift
    printf '%s\n' 'version: 1' 'run: {name: a}' 'data: {panel: none.h5, context: 9, horizon: 3}' "$@" >"refused-$name.yaml"
}
refused key 'train: {setps: 3}'
refused section 'trian: {steps: 3}'
refused type 'train: {steps: many}'
refused whole 'train: {steps: 1.5}'
refused range 'train: {lr: 11}'
refused choice 'loss: {head: gird}'
refused list 'loss: {quantiles: 0.5}'
refused level 'loss: {quantiles: [0.5, 1.5]}'
refused model 'model: {type: mqrn}'
refused model-key 'model: {type: mqcnn, heads: 2}'
refused default-model-key 'model: {channels: 3}'
refused member 'model: {type: ensemble, members: a}'
refused truth 'data: {panel: none.h5, context: 9, horizon: 3, calendar: maybe}'
refused text 'run: {name: [a]}'
sed -i 2d refused-text.yaml
sed -i 3d refused-truth.yaml
sed 's/version: 1/version: 2/' taken-words.yaml >refused-version.yaml
sed '/version/d' taken-words.yaml >refused-no-version.yaml
sed 's/, horizon: 3//' taken-words.yaml >refused-no-horizon.yaml
sed '/^run/d' taken-words.yaml >refused-no-run.yaml
cp "$MQ_SOURCE_DIR/configs/default.yaml" refused-default.yaml
expect_exit 0 '^refused refused-version' -- judge refused-*.yaml
expect_lines 0 '^taken'
for file in refused-*.yaml; do
    expect_exit 2 "^error: $file:?.*" -- "$MQCAST" train "$file"
done

# ---- an editor shows what each key is
expect_exit 0 '"default": 0.003' -- grep -A6 '"lr": {' "$schema"
expect_exit 0 '"description": "learning rate; a number, 0 to 10"' -- grep -A6 '"lr": {' "$schema"

finish
