#!/usr/bin/env bash
# What needs more memory than may be taken is refused before it is taken.
source "$(dirname "$0")/common.sh" "$@"

# limited KILOBYTES COMMAND...: with so much address space; its message is in $message, its exit code in $code.
limited() {
  message=$(ulimit -v "$1"; shift; "$SACCADE" "$@" 2>&1 > /dev/null)
  code=$?
}
# refused WHAT: with the numbers.
refused() {
  expect "$1: exit code" $code 1
  [[ $message == *"needs "*" bytes of work memory, the limit is "* ]] || fail "$1: no numbers in '$message'"
}

# 1.5 TB of zeros, which take no room on disk: more than a quarter of any machine's memory.
if qkv large.safetensors $((1 << 30)) 2 64 2> /dev/null; then
  limited 4000000 attend large.safetensors -o out.safetensors
  refused "attend of 1.5 TB"
else
  echo "the file system holds no file of 1.5 TB: attend is not tried with one"
fi
rm -f large.safetensors
qkv input.safetensors $((1 << 24)) 2 4
limited 2000000 attend input.safetensors -o out.safetensors --max-memory 1G
refused "attend of 1.6 GB with --max-memory 1G"
expect_files "input.safetensors"
rm input.safetensors

# A budget far beyond memory is lowered.
echo "hello world" > in.txt
"$SACCADE" embed in.txt --model "$MODEL" -o first.npy 2> /dev/null
for budget in 99999999999999 9223372036854775807; do
  limited 4000000 embed in.txt --model "$MODEL" -o out.npy --token-budget $budget
  expect "exit code with --token-budget $budget" $code 0
  cmp first.npy out.npy || fail "--token-budget $budget changed the vectors"
  rm out.npy
done
finish
