#!/usr/bin/env bash
# Makes a Python environment with pinned packages, once.
# usage: tools/make-venv.sh DIR REQUIREMENTS
set -euo pipefail
venv=$1 requirements=$2
stamp=$venv/.requirements
if [ -f "$stamp" ] && cmp -s "$stamp" "$requirements"; then exit 0; fi
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  as_root=(); [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get install -y -qq python3-venv >/dev/null
fi
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet -r "$requirements"
cp "$requirements" "$stamp"
