#!/usr/bin/env bash
# Commands that start without a standard input, output or error, as some daemons start their children.
source "$(dirname "$0")/common.sh" "$@"

for i in $(seq 400); do if [ $i -gt 200 ] && [ $((i % 5)) = 0 ]; then echo '{"no":1}'; else echo "{\"text\":\"line $i\"}"; fi; done > in.jsonl
embed() { "$SACCADE" embed "$@" --model "$MODEL" --token-budget 512; }
embed in.jsonl --skip-bad -o good.npy 2> /dev/null
embed - --input-format jsonl --skip-bad -o o.npy < in.jsonl 2>&-
expect "exit code without a standard error" $? 0
cmp o.npy good.npy || fail "messages stand in the output"
embed in.jsonl --skip-bad -o o.npy <&- >&- 2>&-
expect "exit code without any" $? 0
cmp o.npy good.npy || fail "another output without any"
rm o.npy
message=$(embed - -o o.npy 2>&1 <&-)
expect "exit code without a standard input that is read" $? 1
[[ $message == *"stdin: cannot read"* ]] || fail "no word of the standard input: $message"
embed in.jsonl --skip-bad -o - >&- 2> /dev/null
expect "exit code without a standard output that is written" $? 1
for arguments in --version --help info "map hello"; do
  $SACCADE $arguments >&- 2> /dev/null
  expect "exit code of '$arguments' without a standard output" $? 1
done
embed in.jsonl --skip-bad -o /dev/stdout 2> /dev/null > lines
expect "lines behind /dev/stdout" "$(wc -l < lines)" 360
rm lines
expect_files good.npy in.jsonl
finish
