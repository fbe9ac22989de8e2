#!/usr/bin/env bash
# A real bash on a terminal completes what is typed: verbs, flags, files, runs, settings and their values.
. "$(dirname "$0")/lib.sh"

completion=$(dirname "$MQCAST")/share/bash-completion/completions/mqcast
mkdir -p runs/first runs/second 'other place' empty/place
touch runs/first/experiment.yaml runs/second/experiment.yaml sales.h5 sales.csv retail.yaml 'two words.yaml'
ln -s "$MQCAST" .

# What the shell runs in place of mqcast shows each word it was given.
cat >rc <<END
mqcast() { printf '<%s>' "\$@"; echo; }
. "$completion"
PS1=
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind 'set show-all-if-ambiguous on'
bind 'set page-completions off'
END
export TERM=dumb

# typed TEXT...: each text is typed, completed by a tab, and entered.
typed() {
    local text
    for text in "$@" exit; do
        printf '%s\t\n' "$text"
    done >keys
    script -qefc "bash --noprofile --rcfile rc -i" /dev/null <keys 2>&1 | tr -d '\r'
}

# completes 'typed' '<became>'
names=() became=()
completes() {
    names+=("$1")
    became+=("$2")
}
completes 'mqcast tra' '<train>'
completes 'mqcast help exper' '<help><experiment>'
completes 'mqcast template mqtr' '<template><mqtransformer>'
completes 'mqcast train ret' '<train><retail.yaml>'
completes 'mqcast train two' '<train><two words.yaml>'
completes 'mqcast train sal' '<train><sal>' # no experiment is called so
completes 'mqcast train --resume mu' '<train><--resume><must>'
completes 'mqcast train --resume=ne' '<train><--resume=never>'
completes 'mqcast train retail.yaml --max' '<train><retail.yaml><--max-time>'
completes 'mqcast train --set data.transf' '<train><--set><data.transform=>'
completes 'mqcast train --set data.transform=lo' '<train><--set><data.transform=log1p>'
completes 'mqcast train --set model.type=ens' '<train><--set><model.type=ensemble>'
completes 'mqcast train --set model.self_att' '<train><--set><model.self_attention=>'
completes 'mqcast import jso' '<import><jsonl>'
completes 'mqcast import csv sales.c' '<import><csv><sales.csv>'
completes 'mqcast import csv sales.csv -o sal' '<import><csv><sales.csv><-o><sales.h5>'
completes 'mqcast import csv a.csv sales.c' '<import><csv><a.csv><sales.csv>' # SOURCE...
completes 'mqcast forecast runs/fi' '<forecast><runs/first/>'
completes 'mqcast evaluate runs/first runs/sec' '<evaluate><runs/first><runs/second/>'
completes 'mqcast forecast ru' '<forecast><runs/>'
completes 'mqcast forecast --checkpoint be' '<forecast><--checkpoint><best>'
completes 'mqcast bench --size med' '<bench><--size><medium>'
completes 'mqcast synth --frequency we' '<synth><--frequency><weekly>'
typed "${names[@]}" >session
grep '^<' session >lines
for i in "${!names[@]}"; do
    checks=$((checks + 1))
    line=$(sed -n "$((i + 1))p" lines)
    [ "$line" = "${became[i]}" ] || { cp session .out; : >.err; complain "'${names[i]}' became '$line', want '${became[i]}'"; }
done

# several candidates: all of them are offered
offered() {
    typed "$1" | tr -s ' ' '\n'
}
for verb in $("$MQCAST" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z]\+\) .*/\1/p'); do
    expect_exit 0 "^--quiet$" -- offered "mqcast $verb --"
done
expect_exit 0 '^--version$' -- offered 'mqcast '
for verb in $("$MQCAST" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z]\+\) .*/\1/p'); do
    expect_lines 1 "^$verb\$"
done

finish
