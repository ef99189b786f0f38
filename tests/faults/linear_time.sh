#!/usr/bin/env bash
# Files that took time in the square of their size: each is read within seconds of CPU time, where it took minutes.
source "$(dirname "$0")/common.sh" "$@"
ulimit -t 60

echo hello > in.txt
cp -r "$MODEL" model && chmod -R u+w model
{ printf '{"x0":8192'; for ((i = 1; i < 200000; ++i)); do printf ',"x%d":%d' $i $((i + 8192)); done; printf '}'; } > model/added_tokens.json
"$SACCADE" embed in.txt --model model -o o.npy 2> err || fail "added_tokens.json: $(cat err)"
rm -f o.npy model/added_tokens.json

# The directory of an archive, 20,000 times the same entry.
printf 'PK\x03\x04\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\4\0\0\0\5\0\0\0x.npyabcd' > head
{ printf 'PK\x01\x02\x2d\0\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\4\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0x.npy'; } > entry
for _ in $(seq 4); do for _ in $(seq 10); do cat entry; done > ten; mv ten entry; done
cat entry entry > entries
{ cat head entries; printf 'PK\x05\x06\0\0\0\0'; little_endian 20000 2; little_endian 20000 2
  little_endian "$(stat -c %s entries)" 4; little_endian "$(stat -c %s head)" 4; printf '\0\0'; } > in.npz
"$SACCADE" attend in.npz -o out.npz 2> err
expect "exit code for an archive with equal names" $? 1
grep -q "'x.npy': is there twice" err || fail "equal names: $(cat err)"
finish
