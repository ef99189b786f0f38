# Sourced by the scripts of this folder: SACCADE, MODEL and LIBRARY from the arguments, a folder of its own as the current one,
# and ways to say what is expected. A script ends with `finish`.
set -uo pipefail
SACCADE=$(realpath "$1") MODEL=$(realpath "$2") LIBRARY=$(realpath "${3:-.}")
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
# expect WHAT ACTUAL EXPECTED
expect() { [ "$2" = "$3" ] || fail "$1 is '$2'; expected '$3'"; }
# expect_files NAMES: all files of the folder, hidden ones too.
expect_files() { expect "the folder" "$(ls -A | paste -sd ' ')" "$*"; }
# at_most WHAT NUMBER LIMIT
at_most() { [ "$2" -le "$3" ] || fail "$1 is $2; expected $3 at most"; }
finish() { [ "$failures" = 0 ] && echo "all as expected"; exit "$((failures > 0))"; }

# little_endian NUMBER BYTES
little_endian() {
  local n=$1 i
  for ((i = 0; i < $2; ++i)); do printf "\\x$(printf %02x $((n & 255)))"; n=$((n >> 8)); done
}
# safetensors FILE HEADER BYTES: zeros for the data, which take no room on disk.
safetensors() {
  { little_endian ${#2} 8; printf %s "$2"; } > "$1"
  truncate -s $((8 + ${#2} + $3)) "$1"
}
# qkv FILE TOKENS HEADS HEAD_DIM: the input of saccade attend, q, k and v being zeros.
qkv() {
  local size=$(($2 * $3 * $4 * 4)) header= name at=0
  for name in q k v; do
    header+=",\"$name\":{\"dtype\":\"F32\",\"shape\":[$2,$3,$4],\"data_offsets\":[$at,$((at + size))]}"
    at=$((at + size))
  done
  safetensors "$1" "{${header:1}}" $((3 * size))
}
# npy FILE ROWS COLUMNS: zeros.
npy() {
  local header="{'descr': '<f4', 'fortran_order': False, 'shape': ($2, $3), }"
  { printf '\x93NUMPY\x01\x00'; little_endian 118 2; printf '%-117s\n' "$header"; } > "$1"
  truncate -s $((128 + $2 * $3 * 4)) "$1"
}
