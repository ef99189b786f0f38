#!/usr/bin/env bash
# Every call that embed makes on OUT.partial and OUT.manifest fails once: an error, and nothing left but what --resume
# continues; then --resume gives the bytes of a run without errors.
here=$(dirname "$(realpath "$0")")
source "$here/common.sh" "$@"
c++ -x c -shared -fPIC -o "$scratch/shim.so" "$here/shim.c" -ldl 2> /dev/null || exit 77
mkdir work && cd work || exit 1

for i in $(seq 300); do echo "line $i"; done > in.txt
embed() { "$SACCADE" embed "$@" --model "$MODEL" --threads 1 --token-budget 64; }
embed in.txt --tokens -o good.safetensors 2> /dev/null

for job in "in.txt" "-"; do
  SHIM_COUNT=$scratch/count LD_PRELOAD=$scratch/shim.so embed $job --tokens -o o.safetensors < in.txt 2> /dev/null
  cmp o.safetensors good.safetensors || fail "another output with the shim ($job)"
  rm o.safetensors
  calls=$(cat "$scratch/count")
  [ "$calls" -ge 5 ] || fail "only $calls calls were counted"
  for call in $(seq "$calls"); do
    SHIM_CALL=$call LD_PRELOAD=$scratch/shim.so embed $job --tokens -o o.safetensors < in.txt 2> "$scratch/err"
    expect "exit code where call $call fails ($job)" $? 1
    grep -q "Input/output error" "$scratch/err" || fail "call $call: $(cat "$scratch/err")"
    if grep -q -- "--resume" "$scratch/err"; then
      expect_files good.safetensors in.txt o.safetensors.manifest o.safetensors.partial
    else
      expect_files good.safetensors in.txt
    fi
    if [ "$job" = in.txt ]; then
      embed in.txt --tokens --resume -o o.safetensors 2> "$scratch/err"
      expect "exit code of --resume after call $call" $? 0
      cmp o.safetensors good.safetensors || fail "another output after call $call"
      rm -f o.safetensors
    fi
  done
done
expect_files good.safetensors in.txt
finish
