#!/usr/bin/env bash
# Where no thread can be made (ulimit -u, pids.max), the thread that there is does the work, with the same bytes.
source "$(dirname "$0")/common.sh" "$@"

for i in $(seq 500); do echo "the quick brown fox $i jumps over the lazy dog"; done > in.txt
qkv in.safetensors 2000 2 16
for threads in 1 2 8; do
  for command in "embed in.txt --model $MODEL" "attend in.safetensors"; do
    rm -f ./*.npy
    "$SACCADE" $command --threads $threads -o first.npy 2> /dev/null
    LD_PRELOAD=$LIBRARY "$SACCADE" $command --threads $threads -o out.npy 2> message
    expect "exit code of $command --threads $threads" $? 0
    cmp first.npy out.npy || fail "$command --threads $threads has other bytes: $(cat message)"
  done
done
finish
