#!/bin/bash
# environment.sh [build|development|bpy-4.5|bpy-5.2]...   make the virtual environments that are named.
#   build        .venv-build   Python 3.11 with pip: what build.py needs
#   development  .venv         Python 3.11: linters, tests, training, Blender 5.0 as a module
#   bpy-4.5      .venv-bpy45   Python 3.11: Blender 4.5 as a module, pytest
#   bpy-5.2      .venv-bpy52   Python 3.13: Blender 5.2 as a module, pytest
# Quick the second time: a stamp in the environment holds the hash of its requirements.
set -euo pipefail
cd "$(dirname "$0")/.."

# True when every pinned package is installed in just that version (torch's may end in +cpu).
has_pins() {
  "$1/bin/python" - "$2" <<'P'
import importlib.metadata
import sys

wrong = []
for line in open(sys.argv[1], encoding="utf-8"):
    name, pinned, version = line.strip().partition("==")
    if pinned and not name.startswith("#"):
        try:
            installed = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            installed = "absent"
        if installed != version:
            wrong.append(f"{name}: {installed}, not {version}")
sys.exit(bool(wrong))
P
}

make_environment() {
  local folder=$1 python_version=$2 requirements=$3 stamp start=$SECONDS
  stamp=$(cat "$requirements" /dev/null | sha256sum | cut -c1-16)
  if [ "$(cat "$folder/.requirements" 2>/dev/null)" = "$stamp" ]; then return; fi
  # never cleared: a training run may be using it
  if ! "$folder/bin/python" -c '' 2>/dev/null; then
    "$(tools/find_python.sh "$python_version")" -m venv "$folder"
  fi
  if [ "$requirements" != /dev/null ] && ! has_pins "$folder" "$requirements"; then
    echo "environment: installing $requirements into $folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    has_pins "$folder" "$requirements" || { echo "environment: $folder differs from $requirements" >&2; exit 1; }
  fi
  echo "$stamp" > "$folder/.requirements"
  echo "environment: $folder ready in $((SECONDS - start)) s"
}

[ $# -gt 0 ] || set -- build development bpy-4.5 bpy-5.2
for name in "$@"; do
  case $name in
    build) make_environment .venv-build 3.11 /dev/null ;;
    development) make_environment .venv 3.11 requirements/development.txt ;;
    bpy-4.5) make_environment .venv-bpy45 3.11 requirements/bpy-4.5.txt ;;
    bpy-5.2) make_environment .venv-bpy52 3.13 requirements/bpy-5.2.txt ;;
    *) echo "environment.sh: no environment named $name" >&2; exit 2 ;;
  esac
done
