#!/usr/bin/env bash
# Journals with changed bytes, lost, doubled and swapped lines, and outputs with changed bytes: --resume gives the bytes of a
# run without an interruption, or an error, and then changes nothing. $SACCADE_FAULTS: how many, 60 by default.
source "$(dirname "$0")/common.sh" "$@"
tries=${SACCADE_FAULTS:-60}
RANDOM=${SACCADE_TEST_SEED:-$$}
echo "seed ${SACCADE_TEST_SEED:-$$}"

for i in $(seq 400); do echo "line $i"; done > good.txt
{ head -300 good.txt | sed 's/.*/{"text":"&"}/'; echo '{"text":bad}'; } > in.jsonl
embed() { "$SACCADE" embed in.jsonl --tokens --model "$MODEL" --threads 1 --token-budget 64 -o o.safetensors "$@"; }
embed 2> /dev/null
mv o.safetensors.manifest manifest; mv o.safetensors.partial partial
sed -i 's/bad/"good"/' in.jsonl
embed 2> /dev/null; mv o.safetensors good
size=$(stat -c %s manifest) lines=$(wc -l < manifest)
[ "$lines" -ge 2 ] || fail "the journal has no state"

# set_byte FILE AT: another byte at this place.
set_byte() { printf "\\x$(printf %02x $((RANDOM % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
errors=0
for try in $(seq "$tries"); do
  cp manifest o.safetensors.manifest; cp partial o.safetensors.partial
  case $((RANDOM % 5)) in
    0) set_byte o.safetensors.manifest $((size - 1 - RANDOM % 300)) ;;
    1) set_byte o.safetensors.manifest $(((RANDOM * 32768 + RANDOM) % size)) ;;
    2) truncate -s $((size - RANDOM % size)) o.safetensors.manifest ;;
    3) line=$((1 + RANDOM % lines)); sed -i -n "$line{h;d};p;\${x;p}" o.safetensors.manifest ;;
    4) set_byte o.safetensors.partial $((512 + RANDOM % 20000)) ;;
  esac
  cp o.safetensors.manifest before.manifest; cp o.safetensors.partial before.partial
  embed --resume 2> err
  code=$?
  if [ $code = 0 ]; then
    cmp o.safetensors good || fail "try $try: other bytes and exit code 0"
    rm -f o.safetensors
  else
    errors=$((errors + 1))
    expect "try $try: exit code" $code 1
    grep -q "o.safetensors" err || fail "try $try: no file is named: $(cat err)"
    cmp before.manifest o.safetensors.manifest && cmp before.partial o.safetensors.partial || fail "try $try: something was changed"
    rm -f o.safetensors.manifest o.safetensors.partial
  fi
  rm -f before.manifest before.partial err
  expect_files good good.txt in.jsonl manifest partial
done
echo "$tries tries, $errors errors"
finish
