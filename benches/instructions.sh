#!/bin/sh
# Instructions per operation of tophash and hashbrown, counted by callgrind.
#
#   benches/instructions.sh [SIZES] [TASKS] [PEERS]
#
# Each argument is a list in quotes, such as "6000 100000".
set -eu

sizes=${1:-6000 100000}
tasks=${2:-hit miss insert churn remove}
peers=${3:-hashbrown tophash paced}

command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 1; }
cd "$(dirname "$0")/.."
cargo build --quiet --release -p tophash-bench --bin instructions
binary=${CARGO_TARGET_DIR:-target}/release/instructions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints the instructions per operation of one task, size and peer.
count() {
    valgrind --tool=callgrind --toggle-collect='*measured*' --callgrind-out-file="$scratch/out" \
        "$binary" --task "$1" --entries "$2" --peers "$3" >"$scratch/ops" 2>"$scratch/log" ||
        { cat "$scratch/log" >&2; exit 1; }
    awk -v ops="$(cat "$scratch/ops")" '/^(totals|summary):/ { total = $2 } END { printf "%.2f", total / ops }' \
        "$scratch/out"
}

printf '%-8s%10s' task entries
for peer in $peers; do printf '%12s' "$peer"; done
echo
for task in $tasks; do
    for size in $sizes; do
        printf '%-8s%10s' "$task" "$size"
        for peer in $peers; do printf '%12s' "$(count "$task" "$size" "$peer")"; done
        echo
    done
done
