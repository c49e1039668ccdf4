#!/usr/bin/env bash
# Installs everything a build needs: Debian 12 packages, and OpenVINO from its PyPI wheel.
#
# usage: tools/install-deps.sh [--all]     --all adds what `./test.sh --all` needs (clang, format, lint)
#
# The wheel is pinned by version and SHA-256 for each architecture and unpacked below third_party/, which git
# ignores. Running this again costs nothing: what is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

openvino_version=2026.4.1
declare -A openvino_sha256=(
  [x86_64]=2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf
  [aarch64]=bea1eb3733c34ef331adc945da0ccda5937865031139073663be84c517ffda22
)
declare -A openvino_platform=([x86_64]=manylinux_2_28_x86_64 [aarch64]=manylinux_2_35_aarch64)

packages=(build-essential cmake ninja-build pkg-config python3 python3-pip
  nlohmann-json3-dev libcli11-dev libspdlog-dev libfmt-dev libzip-dev zlib1g-dev libsnappy-dev
  libisal-dev libjpeg62-turbo-dev libpng-dev libgtest-dev libgmock-dev libbenchmark-dev)
if [ "${1:-}" = --all ]; then
  packages+=(clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev)
fi

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "install-deps: needs root or sudo to install: ${missing[*]}" >&2; exit 73; }
    as_root=(sudo)
  fi
  echo "install-deps: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_openvino() {
  local arch target stamp expected wheel_dir wheel found
  arch=$(uname -m)
  target=third_party/openvino
  stamp=$target/.sha256
  expected=${openvino_sha256[$arch]:-}
  [ -n "$expected" ] || { echo "install-deps: no OpenVINO wheel is pinned for $arch (x86_64 and aarch64 are)" >&2; exit 69; }
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$expected" ]; then return 0; fi
  wheel_dir=$(mktemp -d)
  trap 'rm -rf "$wheel_dir"' RETURN
  echo "install-deps: fetching OpenVINO $openvino_version for $arch"
  python3 -m pip download --quiet --no-deps --only-binary=:all: --implementation cp --abi cp311 --python-version 3.11 \
    --platform "${openvino_platform[$arch]}" --dest "$wheel_dir" "openvino==$openvino_version"
  wheel=$(ls "$wheel_dir"/openvino-*.whl)
  found=$(sha256sum "$wheel" | cut -d' ' -f1)
  [ "$found" = "$expected" ] || { echo "install-deps: $(basename "$wheel") has SHA-256 $found, expected $expected" >&2; exit 65; }
  rm -rf "$target" "$target.part"
  mkdir -p "$target.part"
  # The headers, the CMake package and the libraries that are linked or loaded; the Python modules, other
  # devices' plugins and other front ends stay in the wheel.
  python3 - "$wheel" "$target.part" <<'PY'
import re, sys, zipfile
keep = re.compile(r"^openvino/(include/|cmake/|libs/(libopenvino\.so|libopenvino_c\.so|libopenvino_intel_cpu_plugin|"
                  r"libopenvino_tensorflow_frontend|libopenvino_\w+_frontend|libtbb|libhwloc|libopenvino_\w+_plugin)|libs/.*\.xml)|licens")
drop = re.compile(r"intel_gpu_plugin|intel_npu_plugin")
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for member in wheel.namelist():
        if ("licens" in member or keep.search(member)) and not drop.search(member):
            wheel.extract(member, sys.argv[2])
PY
  echo "$expected" > "$target.part/.sha256"
  mv "$target.part" "$target"
}

install_packages
install_openvino
