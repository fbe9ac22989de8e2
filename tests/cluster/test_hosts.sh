#!/usr/bin/env bash
# labels: netns slow
# Ranks on several hosts, over TCP: the bits of one host, and an end when a host is cut off.
. "$(dirname "$0")/hosts.sh"
make_hosts 3
short_run
expect_same_across 3 three

# ---- cut off: mpirun asks its daemons every other second whether they are there
export OMPI_MCA_oob_tcp_keepalive_time=2 OMPI_MCA_oob_tcp_keepalive_intvl=1 OMPI_MCA_oob_tcp_keepalive_probes=3
hold cut 20
across 2 "$MQCAST" run -q small.yaml --set run.name=cut >.out 2>.err &
job=$!
is_held
ip link set port2 down
release cut
has_ended() { ! kill -0 "$job" 2>/dev/null; }
wait_until 30 has_ended || complain 'still there 30 s after a host was cut off'
expect_same 'exit code' other "$(wait "$job" && echo 0 || echo other)"
expect_same 'what mpirun says' 'on node h2' \
    "$(grep -A3 'lost communication with a remote daemon' .err | grep -o 'on node h2')"
expect_same 'ranks left behind' none "$(ranks_of cut | sed 's/.*/some/' | sort -u | grep . || echo none)"
ip link set port2 up
expect_same_across 2 cut

finish
