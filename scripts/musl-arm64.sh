#!/usr/bin/env bash
# musl-arm64.sh DIR : unpacks Debian's musl-dev for arm64 into DIR, for cross-building with musl. Does nothing where it is
# there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
D=$(mkdir -p "$1" && cd "$1" && pwd)
[ -e "$D/usr/lib/aarch64-linux-musl/musl-gcc.specs" ] && exit 0
"$here/debian-packages.sh" arm64 "$D" musl musl-dev
for package in "$D"/musl*_arm64.deb; do dpkg-deb -x "$package" "$D"; done
rm -f "$D"/*.deb
