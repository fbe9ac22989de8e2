#!/usr/bin/env bash
# labels: cli slow
# Installed into a prefix, the program runs and a stranger's program finds the library: by
# pkg-config and by CMake's find_package.
. "$(dirname "$0")/lib.sh"

build=$(dirname "$MQCAST")
grep -q '^MQ_SANITIZE:STRING=$' "$build/CMakeCache.txt" || { echo 'a library with sanitizers is not for strangers'; exit 77; }
prefix=$here/prefix
expect_exit 0 'Install' -- cmake --install "$build" --prefix "$prefix"
expect_exit 0 '^mqcast ' -- "$prefix/bin/mqcast" --version
expect_exit 0 'a.h5: 5 series' -- "$prefix/bin/mqcast" synth -o a.h5 --series 5 --length 30

# manual pages, completion, and the schema that a template leads editors to
expect_file "$prefix/share/man/man1/mqcast-train.1"
expect_file "$prefix/share/man/man5/mqcast-files.5"
expect_file "$prefix/share/bash-completion/completions/mqcast"
expect_exit 0 "^# yaml-language-server: .schema=$prefix/share/mqcast/experiment.schema.json" -- "$prefix/bin/mqcast" template
expect_file "$(sed -n 's/^# yaml-language-server: $schema=//p' .out)"

cat >count.c <<'END'
#include <stdio.h>

#include "mq/data/panel.h"

int main(int argc, char **argv)
{
    struct mq_panel *panel = NULL;
    if (argc < 2 || mq_panel_open(&panel, argv[1]) != MQ_OK) return 1;
    printf("%lld series\n", (long long)mq_panel_info(panel)->n_series);
    mq_panel_close(panel);
    return 0;
}
END

libraries=$(dirname "$(find "$prefix" -name libmqcast.so)")
export PKG_CONFIG_PATH=$libraries/pkgconfig
compile() {
    gcc -Wall -Wextra -Werror count.c -o count $(pkg-config --cflags --libs mqcast) \
        "-Wl,-rpath,$libraries" && echo compiled
}
expect_exit 0 compiled -- compile
expect_exit 0 '^5 series$' -- ./count a.h5

cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(count C)
find_package(mqcast 0.1 REQUIRED)
add_executable(count count.c)
target_link_libraries(count PRIVATE mqcast::libmqcast)
END
expect_exit 0 'Build files' -- cmake -S . -B cmake "-DCMAKE_PREFIX_PATH=$prefix"
expect_exit 0 'count' -- cmake --build cmake
expect_exit 0 '^5 series$' -- cmake/count a.h5

# every public header stands alone
for header in $(cd "$prefix/include" && find mq -name '*.h' | sort); do
    echo "#include \"$header\""
done >all.h
include_each() {
    local line
    while read -r line; do
        echo "$line" | gcc -fsyntax-only -Wall -Wextra -Werror -x c - $(pkg-config --cflags mqcast) || return 1
    done <all.h
    echo compiled
}
expect_exit 0 compiled -- include_each

finish
