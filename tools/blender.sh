#!/bin/bash
# blender.sh ARGUMENTS...         run the real Blender: $BLENDER if set, else a `blender` from 4.3 on
#                                 that is on PATH, else the one that get_blender.sh makes.
# blender.sh --run COMMAND...     run a command where that Blender is: with `blender` on its PATH.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)

is_new_enough() {
  local version
  version=$("$1" --version 2>/dev/null | sed -n '1s/^Blender \([0-9]*\.[0-9]*\).*/\1/p')
  [ -n "$version" ] && [ "$(printf '4.3\n%s\n' "$version" | sort -V | head -1)" = 4.3 ]
}

if [ -n "${BLENDER:-}" ]; then
  is_new_enough "$BLENDER" || { echo "blender.sh: $BLENDER is no Blender from 4.3 on" >&2; exit 1; }
  blender=$BLENDER
elif blender=$(command -v blender) && is_new_enough "$blender"; then
  :
else
  "$repository/tools/get_blender.sh"
  [ "${1:-}" = --run ] && shift || set -- blender "$@"
  ALSO_BIND=$repository exec "$repository/.tools/blender/enter" "$@"
fi
[ "${1:-}" = --run ] || exec "$blender" "$@"
shift
PATH=$(cd "$(dirname "$blender")" && pwd):$PATH exec "$@"
