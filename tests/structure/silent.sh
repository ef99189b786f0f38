#!/usr/bin/env bash
# The library prints nothing and never ends the process: it reports by saccade::Error. silent.sh ROOT
set -euo pipefail
speaks='std::(cout|cerr|clog|print|abort|exit|_Exit|quick_exit|terminate|perror|puts)\b'
speaks+='|(^|[^a-z_:])(v?f?printf|f?puts|perror|abort|_?exit|assert)[ ]*\('
speaks+='|#[ \t]*include[ \t]*<(iostream|cassert)>'

finds() { grep -rnE "$speaks" "$1" --include='*.cpp' --include='*.hpp' | grep -vE ':[0-9]+:[ \t]*//'; }

if finds "$1/engine" || finds "$1/include"; then exit 1; fi

# Would it notice?
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for line in 'std::cout << x;' '  printf("x");' 'std::abort();' 'exit(1);' '#include <iostream>'; do
  echo "$line" > "$scratch/bad.cpp"
  finds "$scratch" > /dev/null || { echo "went unnoticed: $line"; exit 1; }
done
