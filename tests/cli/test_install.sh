#!/usr/bin/env bash
# labels: cli slow
# Installed into a prefix, the program runs and a stranger's programs find the libraries: by
# pkg-config and by CMake's find_package. One of them is the README's, which forecasts in memory without MPI.
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

# ---- the README's program, on a run of the README's kind
{
    echo 'item_id,timestamp,target'
    for item in a b; do
        for day in $(seq 0 79); do
            echo "$item,$(date -u -d "2024-01-01 + $day days" +%F),$((day * day % 11))"
        done
    done
} >sales.csv
printf '%s\n' 'version: 1' 'run: {name: first}' 'data: {panel: sales.h5, context: 28, horizon: 3}' 'loss: {quantiles: [0.1, 0.9]}' \
    'model: {type: mqcnn}' 'train: {batch: 2, lanes: 1, steps: 2}' 'evaluate: {origins: 1}' >first.yaml
installed=$prefix/bin/mqcast
expect_exit 0 '' -- "$installed" import csv sales.csv -o sales.h5
expect_exit 0 '' -- "$installed" train first.yaml
expect_exit 0 '' -- "$installed" forecast runs/first --set forecast.batch=1
expect_exit 0 '' -- "$installed" export runs/first/forecast/forecast.h5 -o first.csv
snippet c 1 >serve.c
compile_serve() {
    gcc -Wall -Wextra -Werror serve.c -o serve $(pkg-config --cflags --libs mqcast-infer) \
        "-Wl,-rpath,$libraries" && echo compiled
}
# serves PROGRAM: what it prints are the rows of item b of the forecast.
serves() {
    "$1" runs/first 2024-01-01 $(awk -F, '$1 == "b" { print $3 }' sales.csv) >served &&
        paste -d' ' served <(awk -F, '$1 == "b" { print $5, $6 }' first.csv) |
        awk '{ for (i = 1; i <= 2; i++) if (sprintf("%.5g", $i) != sprintf("%.5g", $(i + 2))) exit 1; n++ }
            END { if (n == 3) print "the same" }'
}
expect_exit 0 compiled -- compile_serve
expect_exit 0 '^the same$' -- serves ./serve
without_mpi() {
    ! ldd "$1" | grep -i mpi && echo none
}
expect_exit 0 '^none$' -- without_mpi ./serve
expect_exit 3 'sales.h5: not an mqcast checkpoint' -- ./serve sales.h5 2024-01-01 1

cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(count C)
find_package(mqcast 0.1 REQUIRED)
add_executable(count count.c)
target_link_libraries(count PRIVATE mqcast::libmqcast)
add_executable(served serve.c)
target_link_libraries(served PRIVATE mqcast::infer)
END
expect_exit 0 'Build files' -- cmake -S . -B cmake "-DCMAKE_PREFIX_PATH=$prefix"
expect_exit 0 'count' -- cmake --build cmake
expect_exit 0 '^5 series$' -- cmake/count a.h5
expect_exit 0 '^the same$' -- serves cmake/served

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

include_from_cxx() {
    echo '#include "mq/infer/inference.h"' | g++ -fsyntax-only -Wall -Wextra -Werror -x c++ - "-I$prefix/include" && echo compiled
}
expect_exit 0 compiled -- include_from_cxx

# ---- what else is installed
version=$("$installed" --version | sed -n 's/^mqcast  *//p')
for file in README.md LICENSE configs/default.yaml slurm/multi-node.sbatch slurm/mqcast.def; do
    expect_file "$prefix/share/doc/mqcast/$file"
done
expect_file "$prefix/share/mqcast/modulefiles/mqcast/$version"
# the one version of the build is that of the texts
snippet yaml "$(grep -c '^```yaml' "$MQ_SOURCE_DIR/README.md")" >citation
expect_exit 0 "^version: $version$" -- cat citation
expect_exit 0 'version' -- grep -F "version(\"$version\")" "$MQ_SOURCE_DIR/tools/packaging/spack/packages/mqcast/package.py"
modulecmd=$(command -v /usr/share/modules/libexec/modulecmd.tcl || command -v /usr/lib/*/modulecmd.tcl)
load() {
    eval "$(MODULEPATH=$prefix/share/mqcast/modulefiles "$modulecmd" bash load mqcast)"
    [ "$(command -v mqcast)" = "$installed" ] && pkg-config --modversion mqcast
}
[ -z "$modulecmd" ] || expect_exit 0 "^$version$" -- load

# ---- the Debian package
expect_exit 0 'generated' -- cpack --config "$build/CPackConfig.cmake" -G DEB -B "$here/package"
field() {
    dpkg-deb -f "$here"/package/*.deb "$1"
}
expect_exit 0 "^$version$" -- field Version
expect_exit 0 'libopenblas0-serial.*openmpi-bin.*libhdf5-103.*libopenmpi3' -- field Depends
expect_exit 0 '^mqcast maintainers <' -- field Maintainer
packaged() {
    dpkg-deb -c "$here"/package/*.deb | awk '{ print $6 }'
}
expect_exit 0 '^./usr/bin/mqcast$' -- packaged
expect_lines 1 '^./usr/lib/libmqcast-infer.so.0$'
expect_lines 1 '^./usr/share/doc/mqcast/README.md$'
expect_lines 0 'tests|/work|/home'

finish
