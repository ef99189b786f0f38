#!/usr/bin/env bash
# Runs that write one output at once: one does, the others are told so, and a complete output stays as it is.
here=$(dirname "$(realpath "$0")")
source "$here/common.sh" "$@"

for i in $(seq 3000); do echo "line $i of the first"; done > a.txt
for i in $(seq 1500); do echo "of the second line $i"; done > b.txt
embed() { "$SACCADE" embed "$@" --model "$MODEL" --threads 1 --token-budget 256; }
embed a.txt -o a.npy 2> /dev/null
embed b.txt -o b.npy 2> /dev/null
wait_for_file() { for _ in $(seq 3000); do [ -e "$1" ] && return; sleep 0.01; done; fail "no $1"; }

# A pipe first; then a pipe, and a file.
for second in - b.txt; do
  { head -100 a.txt; while [ ! -e go ]; do sleep 0.01; done; tail -n +101 a.txt; } | embed - -o o.npy 2> first.err & first=$!
  wait_for_file o.npy.manifest
  embed $second -o o.npy < b.txt 2> second.err
  expect "the second run's exit code ($second)" $? 1
  grep -q "o.npy.partial: is in use by another run" second.err || fail "no word of the other run: $(cat second.err)"
  touch go
  wait $first
  expect "the first run's exit code" $? 0
  cmp o.npy a.npy || fail "not the first run's output"
  rm -f o.npy go ./*.err
done
expect_files a.npy a.txt b.npy b.txt

# B opens OUT.partial before A renames it, and locks it when A has ended and C is at work on a new one.
if c++ -x c -shared -fPIC -o shim.so "$here/shim.c" -ldl 2> /dev/null; then
  embed a.txt -o o.npy 2> a.err & a=$!
  wait_for_file o.npy.partial
  LD_PRELOAD=$scratch/shim.so SHIM_PAUSE=$scratch/go embed a.txt --resume -o o.npy 2> b.err & b=$!
  wait $a
  expect "A's exit code" $? 0
  cmp o.npy a.npy || fail "not A's output"
  embed a.txt --resume -o o.npy 2> c.err & c=$!
  wait_for_file o.npy.manifest
  touch go
  wait $b; b=$?
  wait $c; c=$?
  if [ $((b + c)) != 0 ]; then
    expect "exit codes of B and C together" $((b + c)) 1
    cat b.err c.err | grep -q "is in use by another run" || fail "no word of the other run: $(cat b.err c.err)"
  else
    echo "B came when C had ended"
  fi
  cmp o.npy a.npy || fail "not C's output"
  rm -f o.npy go ./*.err shim.so
  expect_files a.npy a.txt b.npy b.txt
fi
finish
