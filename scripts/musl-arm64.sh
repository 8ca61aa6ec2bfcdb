#!/usr/bin/env bash
# musl-arm64.sh DIR : unpacks Debian's musl-dev for arm64 into DIR, for cross-building with musl, through a private apt
# configuration: the machine's own stays as it is. Does nothing where it is there.
set -euo pipefail
D=$(mkdir -p "$1" && cd "$1" && pwd)
[ -e "$D/usr/lib/aarch64-linux-musl/musl-gcc.specs" ] && exit 0
mkdir -p "$D/apt/etc/apt.conf.d" "$D/apt/etc/preferences.d" "$D/apt/state/lists/partial" "$D/apt/cache/archives/partial"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -1)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
printf 'deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$suite" >"$D/apt/etc/sources.list"
: >"$D/apt/state/status"
cat >"$D/apt/apt.conf" <<C
Dir::Etc "$D/apt/etc"; Dir::Etc::sourcelist "$D/apt/etc/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::State "$D/apt/state"; Dir::State::status "$D/apt/state/status"; Dir::Cache "$D/apt/cache";
APT::Architecture "arm64"; APT::Architectures { "arm64"; }; APT::Sandbox::User "root"; Acquire::Languages "none";
C
export APT_CONFIG=$D/apt/apt.conf
apt-get update -qq
cd "$D" && apt-get download -qq musl musl-dev
for package in musl*_arm64.deb; do dpkg-deb -x "$package" "$D"; done
rm -rf "$D/apt" ./*.deb
