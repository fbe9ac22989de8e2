#!/usr/bin/env bash
# labels: cli slow
# Manual pages say what --help says, and are roff without faults.
. "$(dirname "$0")/lib.sh"

share=$(dirname "$MQCAST")/share
verbs=$("$MQCAST" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z]\+\) .*/\1/p')

# faultless PAGE: neither groff nor mandoc finds anything, and it can be read.
faultless() {
    groff -man -ww -z "$1" 2>&1 && mandoc -T lint -W warning "$1" && mandoc -T ascii "$1" | col -b | grep -q '^SEE ALSO' && echo faultless
}
# said PAGE WORD...: the page has these words, as a reader sees them.
said() {
    local page=$1 word
    mandoc -T ascii -O width=200 "$page" | col -b >page.txt
    shift
    for word in "$@"; do
        grep -qF -- "$word" page.txt || { echo "$page lacks '$word'"; return 1; }
    done
    echo said
}

for page in "$share"/man/man?/*; do
    expect_exit 0 '^faultless$' -- faultless "$page"
done
expect_file "$share/man/man5/mqcast-files.5"

for verb in $verbs; do
    page=$share/man/man1/mqcast-$verb.1
    expect_exit 0 '^examples:' -- "$MQCAST" "$verb" --help
    cp .out help.txt
    mapfile -t flags < <(sed -n '/^flags:/,/^$/s/^  [ -].*\(--[a-z-]*\).*/\1/p' help.txt)
    mapfile -t examples < <(sed -n '/^examples:/,$s/^  \([a-z].*\)/\1/p' help.txt)
    expect_exit 0 '^said$' -- said "$page" "mqcast $verb" "${flags[@]}" "${examples[@]}" 'EXIT STATUS' 'stopped early'
    # an example is a command line of this verb: its flags are known
    for word in $(printf '%s\n' "${examples[@]}" | sed "s/.*mqcast $verb//" | grep -oE -- ' --[a-z-]+'); do
        expect_exit 0 "^$word\$" -- printf '%s\n' "${flags[@]}" -- --set
    done
    # no line of help is wider than a terminal
    expect_exit 0 '^0$' -- sh -c "expand help.txt | grep -c '.\{101,\}' | grep -x 0"
done
# shellcheck disable=SC2086
expect_exit 0 '^said$' -- said "$share/man/man1/mqcast.1" $verbs 'wrong command line or experiment'

expect_exit 0 '^  train.lr ' -- "$MQCAST" help experiment
mapfile -t keys < <(sed -n 's/^  \([a-z]*\.[a-z_]*\) .*/\1/p' .out)
checks=$((checks + 1))
[ "${#keys[@]}" -gt 100 ] || complain "only ${#keys[@]} settings in 'mqcast help experiment'"
expect_exit 0 '^said$' -- said "$share/man/man5/mqcast-experiment.5" "${keys[@]}" 'whole number, 1 to 100000'

# the formats are the README's
expect_exit 0 '^said$' -- said "$share/man/man5/mqcast-files.5" /series/id log.jsonl weights_sha256 part-%05d.h5 crossing_rate
expect_exit 0 '^said$' -- said "$share/man/man5/mqcast-files.5" 'item_id (item)' 'UTF-8, in the order of the panel'

# exit codes in the README are those of the program
"$MQCAST" --help | sed -n '/^exit status:/,$p' >codes.txt
while IFS='|' read -r _ code means _; do # as far as it goes in one line of help
    means=${means# } means=${means% }
    expect_exit 0 "${means:0:20}" -- grep -E "^  ${code// /} +" codes.txt
done < <(sed -n '/^| exit code/,/^$/{/^| [0-9]/p}' "$MQ_SOURCE_DIR/README.md")

finish
