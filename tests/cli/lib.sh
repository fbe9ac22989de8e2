# Helpers of the command line tests; sourced. A test calls `finish` last.
set -u
[ -x "${MQCAST:?names the program under test}" ] || { echo "no program $MQCAST"; exit 1; }
here=$(mktemp -d "${TMPDIR:-/tmp}/mqcast-cli-XXXXXX")
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 1
failures=0
checks=0

# mpi N COMMAND...: under mpirun, never longer than a minute.
mpi() {
    local n=$1
    shift
    timeout -k 5 60 mpirun -q --oversubscribe -n "$n" "$@"
}

complain() {
    failures=$((failures + 1))
    echo "FAILED: $*"
    sed 's/^/    | /' "$here/.out" "$here/.err"
}

# expect_exit CODE 'pattern' -- COMMAND...: the exit code, a line that matches (in what is printed
# when CODE is 0, else in the error), and one line of error in all unless CODE is 0.
expect_exit() {
    local code=$1 pattern=$2 got errors want=1
    shift 3
    checks=$((checks + 1))
    "$@" >"$here/.out" 2>"$here/.err"
    got=$?
    errors=$(cat "$here/.out" "$here/.err" | grep -c 'error:')
    [ "$code" -eq 0 ] && want=0
    if [ "$got" -ne "$code" ]; then
        complain "exit $got, want $code: $*"
    elif [ "$errors" -ne "$want" ]; then
        complain "$errors lines of error, want $want: $*"
    elif [ "$code" -eq 0 ] && ! cat "$here/.out" "$here/.err" | grep -qE -- "$pattern"; then
        complain "no line matches '$pattern': $*"
    elif [ "$code" -ne 0 ] && ! grep -qE -- "$pattern" "$here/.err"; then
        complain "no error matches '$pattern': $*"
    fi
}

# expect_everywhere CODE 'pattern' -- ARGUMENTS of mqcast...: alone and on two ranks.
expect_everywhere() {
    local code=$1 pattern=$2
    shift 3
    expect_exit "$code" "$pattern" -- "$MQCAST" "$@"
    expect_exit "$code" "$pattern" -- mpi 2 "$MQCAST" "$@"
}

# expect_hint 'pattern': in the hint of the last command.
expect_hint() {
    checks=$((checks + 1))
    grep -qE -- "^hint: .*$1" "$here/.err" || complain "no hint matches '$1'"
}

# expect_lines N 'pattern': so many lines of the last command's output match.
expect_lines() {
    local n
    checks=$((checks + 1))
    n=$(grep -cE -- "$2" "$here/.out")
    [ "$n" -eq "$1" ] || complain "$n lines match '$2', want $1"
}

# snippet LANGUAGE N: the N-th block of the README in that language.
snippet() {
    awk -v open="\`\`\`$1" -v want="$2" '
        $0 == open { n++; inside = n == want; next }
        /^```/ { inside = 0 }
        inside' "$MQ_SOURCE_DIR/README.md"
}

expect_file() {
    checks=$((checks + 1))
    [ -f "$1" ] || complain "no file $1"
}

expect_no_file() {
    checks=$((checks + 1))
    [ ! -e "$1" ] || complain "there is a file $1"
}

finish() {
    echo "$checks checks, $failures failures"
    exit $((failures > 0))
}
