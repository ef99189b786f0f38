#!/usr/bin/env bash
# Files and links of others under names that saccade uses: nothing in them is changed, and none is removed.
source "$(dirname "$0")/common.sh" "$@"

echo hello > in.txt
printf victim > victim
embed() { "$SACCADE" embed in.txt --model "$MODEL" -o o.npy "$@" 2> err; }
refused() {
  for more in "" --resume; do
    embed $more
    expect "exit code ($1)" $? 1
    grep -q "o.npy.$1" err || fail "$1 is not named: $(cat err)"
  done
  rm err
  expect "the victim" "$(cat victim)" victim
}
for name in partial manifest; do
  for target in victim missing /dev/zero; do
    ln -s $target o.npy.$name
    refused $name
    expect "the link" "$(readlink o.npy.$name)" $target
    rm o.npy.$name
  done
  printf 'my own notes' > o.npy.$name
  refused $name
  expect "the notes" "$(cat o.npy.$name)" "my own notes"
  rm o.npy.$name
  mkfifo o.npy.$name
  refused $name
  rm o.npy.$name
  mkdir o.npy.$name
  refused $name
  rmdir o.npy.$name
done
expect_files in.txt victim

# Names of temporary files that could be guessed.
ln -s victim m.svg.part-1
for i in $(seq 0 300); do ln -s victim ".saccade-$$-$i.partial"; done
bash -c 'exec "$0" map hello --model "$1" -o m.svg' "$SACCADE" "$MODEL" > /dev/null
expect "the victim" "$(cat victim)" victim
[ -f m.svg ] && [ ! -L m.svg ] || fail "m.svg is no file"
rm -f .saccade-* m.svg*

# Links to outputs that do not exist yet, on another disk perhaps; and modes.
mkdir far
for name in o.npy o.jsonl o.safetensors m.svg m.npz; do
  ln -s far/$name $name
  case $name in
    m*) "$SACCADE" map hello --model "$MODEL" --layer 0 -o $name > /dev/null ;;
    *) "$SACCADE" embed in.txt --model "$MODEL" -o $name 2> /dev/null ;;
  esac
  expect "exit code of $name" $? 0
  [ -L $name ] && [ -s far/$name ] || fail "$name was not written behind the link"
  chmod 640 far/$name
  case $name in
    m*) "$SACCADE" map hello --model "$MODEL" --layer 0 -o $name > /dev/null ;;
    *) "$SACCADE" embed in.txt --model "$MODEL" -o $name 2> /dev/null ;;
  esac
  expect "mode of $name" "$(stat -c %a far/$name)" 640
  rm $name
done
finish
