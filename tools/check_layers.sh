#!/usr/bin/env bash
# Folders are layers: checks who includes whom against the table in src/README.md.
set -eu
cd "$(dirname "$0")/.."

declare -A may=(
    [base]="" [tensor]="base" [comm]="base" [h5]="base" [config]="base"
    [data]="base tensor h5 config" [nn]="base tensor" [classic]="base tensor" [optim]="base tensor config"
    [model]="base tensor h5 config data nn classic optim comm" [eval]="base tensor data comm config"
    [train]="base tensor comm h5 config data nn classic optim model eval"
    [forecast]="base tensor comm h5 config data nn classic optim model eval"
    [report]="base tensor comm h5 config data nn classic optim model eval"
    [cmd]="base tensor comm h5 config data nn classic optim model eval train forecast report cmd"
)
declare -A only=([cblas.h]=tensor [mpi.h]=comm [hdf5.h]=h5 [hdf5_hl.h]=h5 [yaml.h]=config [zlib.h]=data [sha2.h]=base)

bad=0
for folder in "${!may[@]}"; do
    for file in src/"$folder"/*.[ch] src/"$folder"/*.def include/mq/"$folder"/*.h; do
        [ -e "$file" ] || continue
        while read -r used; do
            if [ "$used" != "$folder" ] && [[ " ${may[$folder]} " != *" $used "* ]]; then
                echo "$file: $folder may not include $used"; bad=1
            fi
        done < <(sed -nE 's@^#include "(mq/)?([a-z0-9]+)/.*@\2@p' "$file" | sort -u)
        for header in "${!only[@]}"; do
            if [ "${only[$header]}" != "$folder" ] && grep -q "^#include [<\"]$header[>\"]" "$file"; then
                echo "$file: only ${only[$header]} may include $header"; bad=1
            fi
        done
    done
done
[ "$bad" -eq 0 ] && echo "layers hold: ${#may[@]} folders"
exit "$bad"
