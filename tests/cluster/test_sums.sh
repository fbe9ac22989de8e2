#!/usr/bin/env bash
# labels: netns slow
# Large sums over four hosts send what `mqcast check` reckons with: 1.5 times the bytes from every host.
. "$(dirname "$0")/hosts.sh"
make_hosts 4
write_agent
"$MQCAST" --version | grep -q 'Open MPI' || { echo 'skipped: another MPI chooses for itself'; exit 77; }
sent() { ip netns exec "h$1" cat /sys/class/net/eth0/statistics/tx_bytes; }
for i in 1 2 3 4; do before[i]=$(sent $i); done
expect_done across 4 "$MQCAST" doctor # adds up 21 times 1 MiB
for i in 1 2 3 4; do
    expect_same "what h$i sends" enough \
        "$(awk -v mib=$((($(sent $i) - before[i]) >> 20)) 'BEGIN { print (mib >= 31 && mib <= 33 ? "enough" : mib " MiB") }')"
done

finish
