#!/usr/bin/env bash
# SIGINT, SIGTERM and SIGHUP end every command, whatever it does, with 128 + the signal's number and nothing left.
source "$(dirname "$0")/common.sh" "$@"
trap 'rm -rf "$scratch" "$scratch.err"' EXIT

declare -A number=([HUP]=1 [INT]=2 [QUIT]=3 [PIPE]=13 [TERM]=15)

# in_background COMMAND...: with signals as a terminal gives them, which a script's background has not.
in_background() {
  env --default-signal=INT,HUP,TERM,QUIT,PIPE "$SACCADE" "$@" <&0 2> "$scratch.err" &
  process=$!
  until [ "$(readlink /proc/$process/exe)" = "$SACCADE" ] || ! kill -0 "$process" 2> /dev/null; do sleep 0.01; done
}
# wait_for CONDITION: most of a minute.
wait_for() {
  for _ in $(seq 3000); do
    eval "$1" && return
    kill -0 "$process" 2> /dev/null || { fail "ended before '$1': $(cat "$scratch.err")"; return; }
    sleep 0.01
  done
  fail "waited in vain for '$1'"
}
# stopped_by SIGNAL WHAT FILES: what is left, and how it ends. The jobs would take minutes, or for ever.
stopped_by() {
  sleep 0.1
  kill -"$1" "$process"
  for _ in $(seq 100); do kill -0 "$process" 2> /dev/null || break; sleep 0.1; done
  if kill -0 "$process" 2> /dev/null; then fail "$2 went on for 10 s after SIG$1"; kill -KILL "$process"; fi
  wait "$process" 2> /dev/null
  expect "$2: exit code after SIG$1" $? $((128 + ${number[$1]}))
  expect_files "$3"
}

qkv in.safetensors 500000 1 16
for signal in INT TERM HUP QUIT; do
  ulimit -c 0
  in_background attend in.safetensors -o out.safetensors --isa scalar --threads 1
  wait_for '[ -n "$(ls -A | grep ^.saccade-)" ]'
  stopped_by $signal "attend" "in.safetensors"
done
in_background attend in.safetensors -o out.safetensors --window 0,0 --isa scalar --threads 1
wait_for '[ -n "$(ls -A | grep ^.saccade-)" ]'
stopped_by TERM "attend that reads" "in.safetensors"
rm in.safetensors

# A disk is not faster than this: 1 GB of zeros, which take no room before they are copied.
for i in 0 1; do npy big.npy.shard-$i-of-2 500000 256; done
in_background merge big.npy
wait_for '[ -n "$(ls -A | grep ^.saccade-)" ]'
kill -TERM "$process"; wait "$process"; code=$?
if [ $code = 0 ]; then echo "merge was too fast"; else expect "merge: exit code" $code 143; fi
rm -f big.npy
expect_files "big.npy.shard-0-of-2 big.npy.shard-1-of-2"
rm big*

# Files that nobody writes to, or reads from.
mkfifo idle
sleep 600 > idle & writer=$!
for signal in INT TERM HUP; do
  in_background embed - --model "$MODEL" -o out.npy < idle
  wait_for '[ -e out.npy.partial ]'
  stopped_by $signal "embed of an idle standard input" "idle"
done
kill $writer
rm idle
mkfifo nobody.txt
in_background embed nobody.txt --model "$MODEL" -o out.npy
stopped_by TERM "embed of a FIFO without a writer" "nobody.txt"
in_background similar nobody.txt --query text --model "$MODEL"
stopped_by HUP "similar with a FIFO without a writer" "nobody.txt"
in_background map --file nobody.txt --model "$MODEL"
stopped_by INT "map with a FIFO without a writer" "nobody.txt"
mkfifo out.jsonl
echo hello > in.txt
in_background embed in.txt --model "$MODEL" -o out.jsonl
stopped_by TERM "embed to a FIFO without a reader" "in.txt nobody.txt out.jsonl"
rm nobody.txt out.jsonl in.txt

in_background bench attention --lengths 20000 --isa scalar --threads 1 > /dev/null
stopped_by TERM "bench" ""

# What is ignored stays so: a job in the background of a script goes on when its terminal is left.
for i in $(seq 1500); do echo "the quick brown fox $i jumps over the lazy dog"; done > lines.txt
env --ignore-signal=INT,HUP "$SACCADE" embed lines.txt --model "$MODEL" --threads 1 -o out.npy 2> "$scratch.err" &
process=$!
wait_for '[ -e out.npy.partial ]'
for _ in $(seq 20); do kill -INT "$process" 2> /dev/null; kill -HUP "$process" 2> /dev/null; sleep 0.02; done
wait "$process"
expect "exit code where signals are ignored" $? 0
expect_files "lines.txt out.npy"
rm out.npy

# A pipe that is closed ends the writer, and leaves no other output of it.
"$SACCADE" embed lines.txt --model "$MODEL" -o - 2> /dev/null | head -1 > /dev/null
expect_files "lines.txt"

# The limit of a file's size is an error like any other.
for command in "map --file lines.txt --layer 0 --head 0 -o out.npz" "embed lines.txt -o out.npy"; do
  head -400 lines.txt > some.txt
  message=$(ulimit -f 64; $SACCADE ${command/lines/some} --model "$MODEL" 2>&1 > /dev/null)
  expect "exit code beyond the limit of a file's size ($command)" $? 1
  [[ $message == *"File too large"* ]] || fail "no word of the file's size: $message"
  rm some.txt
  expect_files "lines.txt"
done
finish
