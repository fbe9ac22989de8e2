#!/usr/bin/env bash
# Templates: every model has one, filled in it is an experiment, and configs/default.yaml is current.
. "$(dirname "$0")/lib.sh"

for model in $("$MQCAST" template --help | sed -n '/^models:/,/^$/s/^  \([a-z_0-9]*\) .*/\1/p'); do
    expect_exit 0 "^  type: $model" -- "$MQCAST" template "$model"
done
expect_exit 2 "there is no model 'mqrn'" -- "$MQCAST" template mqrn
expect_hint "did you mean 'mqrnn'"

expect_exit 0 '^version: 1$' -- "$MQCAST" template
sed 's/^  # \(name\|panel\|context\|horizon\): /  \1: 9 /' .out >filled.yaml
checks=$((checks + 1))
if ! diff "$MQ_SOURCE_DIR/configs/default.yaml" .out >.err; then
    : >.out
    complain 'configs/default.yaml is not current: mqcast template >configs/default.yaml'
fi

# the four required keys are all that is missing: what comes next is the panel
expect_exit 1 '9: No such file' -- "$MQCAST" train filled.yaml
expect_exit 2 'run.name is missing' -- "$MQCAST" train "$MQ_SOURCE_DIR/configs/default.yaml"

finish
