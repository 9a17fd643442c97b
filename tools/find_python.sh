#!/bin/bash
# find_python.sh VERSION   print the path of a working interpreter of that version, such as 3.11.
# A launcher on PATH can exist and still refuse to start, so every candidate is run before it is named.
set -euo pipefail
version=${1:?version, such as 3.11}
check='import sys, venv, ensurepip; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])'

candidates=("python$version" python3 python)
if command -v pyenv >/dev/null; then
  while read -r name; do
    candidates+=("$(pyenv root)/versions/$name/bin/python")
  done < <(pyenv versions --bare 2>/dev/null | grep -E "^${version//./\\.}(\.|$)" | sort -rV)
fi
for candidate in "${candidates[@]}"; do
  if found=$(command -v "$candidate") && "$found" -c "$check" "$version" >/dev/null 2>&1; then
    # the interpreter itself, not a launcher that may choose another one in another folder
    "$found" -c 'import sys; print(sys.executable)'
    exit 0
  fi
done
echo "find_python.sh: no working Python $version with venv; install it (a package, or pyenv install $version)" >&2
exit 1
