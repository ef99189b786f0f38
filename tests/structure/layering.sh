#!/usr/bin/env bash
# Who may include whom. layering.sh ROOT prints each include that is not allowed and fails if there is one;
# layering.sh --self-test proves that it would.
#
# An include goes down, never up or sideways. Third-party headers have one home each.
set -euo pipefail

check() {  # ROOT
  (cd "$1" && find engine include tests tools bench -name '*.[hc]pp' | sort | xargs -r awk '
    BEGIN {
      # The rooms that a room may include beside itself.
      below["core"] = ""
      below["io"] = below["kernels"] = "core"
      below["text"] = "core io"
      below["scheduler"] = "core kernels"
      below["ops"] = "core kernels scheduler"
      below["layers"] = "core kernels scheduler ops"
      below["model"] = "core io text kernels scheduler ops layers"
      below["pipeline"] = "core io text kernels scheduler ops layers model"
      below["api"] = "core io text kernels scheduler ops layers model pipeline"
      # The folders of a room, from the top down; . are the files that lie in the room itself. A room without a line has
      # no folders.
      inside["kernels"] = "isa table attention product rows math lanes ."
      inside["scheduler"] = inside["layers"] = "."
      inside["ops"] = ". attention"
      inside["pipeline"] = "similar shards embed batch"
      inside["model"] = ". pack files config"
      inside["text"] = ". files tokenize post subword split normalize unicode"
      inside["io"] = "formats json zip files"
      # Third-party headers, and who may include them: path prefixes.
      home["xsimd/"] = "engine/kernels/"
      home["immintrin.h"] = home["cpuid.h"] = home["arm_neon.h"] = "engine/kernels/ tests/scheduler/"
      tbb = "engine/scheduler/ include/saccade/tbb.hpp tests/scheduler/"
      home["tbb/"] = home["oneapi/"] = home["saccade/tbb.hpp"] = tbb
      home["minizip/"] = home["zlib.h"] = "engine/io/ tests/io/ tests/text/"
      home["utf8proc.h"] = "engine/text/"
      home["nlohmann/"] = "engine/io/ engine/text/ engine/model/ engine/pipeline/ tools/ tests/"
      home["CLI/"] = "tools/"
      home["librsvg/"] = "tools/map/"
      home["cairo"] = "tools/map/ tests/tools/"
      home["doctest/"] = "tests/"
      home["benchmark/"] = "bench/"
    }
    function refuse(why) { print FILENAME ":" FNR ": " $0 "  <- " why; bad = 1 }
    function lies_in(prefixes, n, list, i) {
      n = split(prefixes, list, " ")
      for (i = 1; i <= n; i++) if (index(FILENAME, list[i]) == 1) return 1
      return 0
    }
    # The room whose inside this file may see: engine/R itself, tests/R, and bench/kernels.cpp.
    function own_room(parts) {
      split(FILENAME, parts, "/")
      if (parts[1] == "engine" || parts[1] == "tests") return parts[2]
      return FILENAME == "bench/kernels.cpp" ? "kernels" : ""
    }
    # The folder of a path ROOM/FOLDER/FILE, or "." for ROOM/FILE.
    function folder_of(path, parts) { return split(path, parts, "/") > 2 ? parts[2] : "." }
    # The place of a folder in its room, counted from the top; 0: it has none.
    function height(room, folder, list, i) {
      for (i = split(inside[room], list, " "); i > 0 && list[i] != folder; i--);
      return i
    }
    function check_inside(room, header, from, to) {
      from = folder_of(substr(FILENAME, length("engine/") + 1))
      to = folder_of(header)
      if (!height(room, from)) refuse("tests/structure/layering.sh has no place in " room " for " from)
      else if (from != to && height(room, to) <= height(room, from)) refuse(room "/" from " does not know " room "/" to)
    }
    /^[ \t]*#[ \t]*include/ {
      header = $0
      sub(/^[^"<]*["<]/, "", header)
      sub(/[">].*/, "", header)
      if (header ~ /(^|\/)\.\.\//) refuse("name the room instead of going up")
      for (prefix in home)
        if (index(header, prefix) == 1 && !lies_in(home[prefix])) refuse("belongs in " home[prefix])
      split(header, parts, "/")
      room = parts[1]
      if (FILENAME ~ /^engine\// && header == "saccade/saccade.hpp") refuse("the library includes what it needs")
      if (FILENAME ~ /^tools\// && room == "bench" && (getline line < ("tools/" header)) < 0)
        refuse("the command knows no benchmark but its own")
      if (!(room in below) || header !~ /\//) next
      own = own_room()
      if (own == room && FILENAME ~ /^engine\// && room in inside) check_inside(room, header)
      if (own == room || FILENAME ~ /^tests\/fuzz\//) next  # fuzz targets see all rooms
      if (FILENAME ~ /^engine\// && (" " below[own] " ") ~ (" " room " ")) next
      refuse(FILENAME ~ /^engine\// ? own " does not know " room : "only the public headers are known here")
    }
    END { exit bad }')
}

self_test() {
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree"/{engine/{core,kernels/{rows,table,new},scheduler,ops,io},include/saccade,tests/ops,tools/bench,bench}
  touch "$tree"/tools/bench/timing.hpp "$tree"/bench/paired.hpp
  allowed() { echo "#include $2" >> "$tree/$1"; }
  allowed engine/ops/a.cpp '"kernels/table.hpp"'
  allowed engine/ops/a.cpp '"saccade/views.hpp"'
  allowed engine/kernels/a.hpp '<xsimd/xsimd.hpp>'
  allowed engine/kernels/table/a.hpp '"kernels/rows/a.hpp"'
  allowed engine/kernels/table/a.hpp '"kernels/table/b.hpp"'
  allowed engine/kernels/rows/a.hpp '"kernels/layout.hpp"'
  allowed engine/scheduler/a.cpp '<oneapi/tbb/task_arena.h>'
  allowed tests/ops/a.cpp '"ops/linear.hpp"'
  allowed bench/kernels.cpp '"kernels/table.hpp"'
  allowed tools/a.cpp '"bench/timing.hpp"'
  check "$tree" || { echo "an allowed include was refused"; exit 1; }
  refused() {
    echo "#include $2" > "$tree/$1"
    if check "$tree" > /dev/null; then echo "not refused: $2 in $1"; exit 1; fi
    rm "$tree/$1"
  }
  refused engine/core/b.hpp '"kernels/table.hpp"'
  refused engine/kernels/b.hpp '"scheduler/parallel.hpp"'
  refused engine/kernels/rows/b.hpp '"kernels/table/a.hpp"'
  refused engine/kernels/rows/b.hpp '"kernels/new/a.hpp"'
  refused engine/kernels/new/b.hpp '"kernels/layout.hpp"'
  refused engine/kernels/b.hpp '"kernels/rows/a.hpp"'
  refused engine/ops/b.cpp '"io/npy.hpp"'
  refused engine/ops/b.cpp '<xsimd/xsimd.hpp>'
  refused engine/ops/b.cpp '<tbb/parallel_for.h>'
  refused engine/ops/b.cpp '"saccade/tbb.hpp"'
  refused engine/ops/b.cpp '"saccade/saccade.hpp"'
  refused engine/ops/b.cpp '"../kernels/table.hpp"'
  refused include/saccade/b.hpp '"core/buffer.hpp"'
  refused include/saccade/b.hpp '  <oneapi/tbb/task_arena.h>'
  refused tools/b.cpp '"io/npy.hpp"'
  refused tools/b.cpp '"bench/paired.hpp"'
  refused tests/ops/b.cpp '"layers/packed.hpp"'
  refused bench/attention.cpp '"kernels/table.hpp"'
}

if [ "$1" = --self-test ]; then self_test; else check "$1"; fi
