# Panels of the reference experiments, imported once into runs/; sourced by tools/reference.sh and tools/ablation.sh.
# All but retail need $MQ_DATA_DIR, a folder with the files as their publishers named them.

# need FILE...: below $MQ_DATA_DIR, or a visible skip
need() {
    local file
    for file in "$@"; do
        [ -f "${MQ_DATA_DIR:-}/$file" ] && continue
        echo "skipped: MQ_DATA_DIR names no folder with $file"
        exit 77
    done
}

# walmart_sales TRAIN STORES: sales with the store's type and size beside them, one id per store and department
walmart_sales() {
    { tr '\r' '\n' <"$2"; echo; gzip -dc "$1" | tr -d '\r'; } | awk -F, '
        BEGIN { print "item_id,timestamp,target,store,dept,type,size" }
        NF == 3 { type[$1] = $2; size[$1] = $3 }
        NF == 5 && $1 != "Store" { printf "%s_%s,%s,%s,s%s,d%s,%s,%s\n", $1, $2, $3, $4, $1, $2, type[$1], size[$1] }'
}

# walmart_holidays FEATURES: the weeks that the competition calls holidays, by name
walmart_holidays() {
    gzip -dc "$1" | tr -d '\r' | awk -F, '
        BEGIN {
            print "date,holiday"
            split("- superbowl - - - - - - labor_day - thanksgiving christmas", name, " ")
        }
        $1 == 1 { print $2 "," ($12 == "TRUE" ? name[substr($2, 6, 2) + 0] : "") }'
}

# import_panel NAME: leaves runs/NAME.h5
import_panel() {
    local panel=runs/$1.h5 work
    [ -f "$panel" ] && return
    mkdir -p runs
    case "$1" in
    retail)
        "$mqcast" import csv tools/retail/retail.csv.gz --schema tools/retail/schema.yaml -o "$panel"
        ;;
    m4-hourly | m4-weekly)
        local name=Hourly
        [ "$1" = m4-hourly ] || name=Weekly
        need m4/$name-train.csv.gz m4/$name-test.csv.gz
        "$mqcast" import m4 "$MQ_DATA_DIR"/m4/$name-{train,test}.csv.gz -o "$panel"
        ;;
    car-parts)
        need carparts/carparts.csv.gz
        "$mqcast" import wide "$MQ_DATA_DIR"/carparts/carparts.csv.gz -o "$panel"
        ;;
    walmart)
        need walmart2014/train.csv.gz walmart2014/stores.csv walmart2014/features.csv.gz
        work=$(mktemp -d)
        walmart_sales "$MQ_DATA_DIR"/walmart2014/{train.csv.gz,stores.csv} >"$work/sales.csv"
        walmart_holidays "$MQ_DATA_DIR"/walmart2014/features.csv.gz >"$work/holidays.csv"
        echo '{frequency: weekly, static: [store, dept, type], static_real: [size]}' >"$work/schema.yaml"
        "$mqcast" import csv "$work/sales.csv" --schema "$work/schema.yaml" \
            --calendar "$work/holidays.csv" -o "$panel"
        rm -r "$work"
        ;;
    *)
        echo "no panel '$1'; there are retail, m4-hourly, m4-weekly, car-parts, walmart" >&2
        exit 2
        ;;
    esac
}
