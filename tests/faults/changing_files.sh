#!/usr/bin/env bash
# Files of a model that are cut, removed or overwritten while embed works: it goes on with what it has read.
source "$(dirname "$0")/common.sh" "$@"

for i in $(seq 3000); do echo "line $i of the text"; done > in.txt
"$SACCADE" embed in.txt --model "$MODEL" -o good.npy 2> /dev/null
for change in ': > model/model.safetensors' 'truncate -s 100000 model/model.safetensors' 'rm model/model.safetensors' \
              'head -c 1000000 /dev/zero > model/model.safetensors' 'rm -r model'; do
  cp -r "$MODEL" model && chmod -R u+w model
  "$SACCADE" embed in.txt --model model --threads 1 --token-budget 128 -o o.npy 2> err & process=$!
  for _ in $(seq 3000); do [ -s o.npy.partial ] && break; sleep 0.01; done
  eval "$change"
  wait $process
  expect "exit code after '$change'" $? 0
  cmp o.npy good.npy || fail "another output after '$change'"
  rm -rf model o.npy err
done
finish
