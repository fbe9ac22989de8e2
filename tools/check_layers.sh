#!/usr/bin/env bash
# Folders are layers: checks who includes whom against the table in src/README.md.
set -eu
cd "$(dirname "$0")/.."

declare -A may=()
while IFS='|' read -r _ _ folder used _; do
    may[${folder// /}]=$(echo "$used $folder" | tr -d -- -)
done < <(grep -E '^\| [0-9] \|' src/README.md)
for folder in src/*/; do
    folder=$(basename "$folder")
    [ -n "${may[$folder]+set}" ] || { echo "src/README.md: no row for the folder $folder"; exit 1; }
done
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
