#!/bin/bash
# virtual_screen.sh COMMAND...   run a command on a virtual screen of its own, drawn in software.
# Ends only the Xvfb that it started; gives the command's exit code.
set -u
number=$(mktemp)
Xvfb -displayfd 3 -screen 0 "${SCREEN:-1280x800x24}" -nolisten tcp +extension GLX -noreset \
  3> "$number" 2>/dev/null &
server=$!
for _ in $(seq 200); do [ -s "$number" ] && break; sleep 0.05; done
[ -s "$number" ] || { echo "virtual_screen.sh: Xvfb did not start" >&2; exit 1; }
runtime=$(mktemp -d)
DISPLAY=:$(cat "$number") LIBGL_ALWAYS_SOFTWARE=1 XDG_RUNTIME_DIR=$runtime "$@"
code=$?
kill "$server" 2>/dev/null
wait "$server" 2>/dev/null
rm -rf "$number" "$runtime"
exit $code
