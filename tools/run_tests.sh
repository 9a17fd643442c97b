#!/bin/bash
# run_tests.sh NAME ENVIRONMENT PYTEST-ARGUMENTS...   run one suite and note its count and time in
# artifacts/tests.txt. A suite in which no test passed has failed, even if all were only skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1 environment=$2
shift 2
mkdir -p artifacts
# the zip that all suites test: `make test` has just built it
if [ -z "${IMMAT_ZIP:-}" ] && [ -d dist ]; then
  IMMAT_ZIP=$(find "$PWD/dist" -name 'image_to_mat-*.zip' -printf '%T@ %p\n' | sort -rn | sed -n '1s/^[^ ]* //p')
fi
export IMMAT_ZIP=${IMMAT_ZIP:-}
log=artifacts/tests-$name.log
start=$SECONDS
echo "== $name"
# the program, not `python -m pytest`: that would put the sources before the installed extension
paths=()
case $name in bpy-*) ;; *) paths=(PYTHONPATH=.) ;; esac
env "${paths[@]}" "$environment/bin/pytest" "$@" 2>&1 | tee "$log"
passed=$(grep -oE '[0-9]+ passed' "$log" | tail -1 || true)
[ -n "$passed" ] || { echo "run_tests.sh: no test passed in $name" >&2; exit 1; }
echo "$name $passed in $((SECONDS - start)) s" >> artifacts/tests.txt
