#!/usr/bin/env bash
# build.sh DIR RELEASE : fetches Debian's newest kernel of that release (6.1 and 6.12 from the machine's own sources, newer
# ones from trixie-backports) and makes DIR/vmlinux-RELEASE and DIR/initrd-RELEASE for vm.sh. Does nothing where they are
# there and newer than these scripts. Needs zstd, xz-utils, python3 and busybox-static.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
D=$(mkdir -p "$1" && cd "$1" && pwd)
want=$2
[ "$D/initrd-$want" -nt "$here/image.py" ] && [ "$D/vmlinux-$want" -nt "$here/image.py" ] && exit 0

X=$(mktemp -d "$D/unpack.XXXXXX")
trap 'rm -rf "$X"' EXIT

# A private apt configuration, so that the machine's own stays as it is; the mirror is the one it already uses.
backports() {
  local conf=$D/apt/apt.conf mirror
  mkdir -p "$D/apt/etc/apt.conf.d" "$D/apt/etc/preferences.d" "$D/apt/state/lists/partial" "$D/apt/cache/archives/partial"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -1)
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie-backports main\n' "$mirror" >"$D/apt/etc/sources.list"
  cat >"$conf" <<C
Dir::Etc "$D/apt/etc"; Dir::Etc::sourcelist "$D/apt/etc/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::State "$D/apt/state"; Dir::State::status "/var/lib/dpkg/status"; Dir::Cache "$D/apt/cache"; Acquire::Languages "none";
C
  export APT_CONFIG=$conf
  apt-get update -qq
}

newest() { { apt-cache search --names-only "$1" | awk '{print $1}' | grep -vE 'rt-|cloud|unsigned|dbg' || true; } | sort -V | tail -1; }

version=${want//./\\.}
names=$(newest "^linux-image-$version\\.[0-9].*amd64$")
if [ -z "$names" ]; then
  backports
  binary=$(newest "^linux-binary-$version\\.[0-9].*amd64$")
  names="$binary ${binary/binary/modules}"
fi
[ -n "${names// /}" ] || { echo "no Debian package of Linux $want in the machine's sources or trixie-backports" >&2; exit 1; }

mkdir -p "$D/debs"
for name in $names; do
  (cd "$D/debs" && { ls "$name"_*.deb >/dev/null 2>&1 || { echo "fetching $name"; apt-get download -qq -o APT::Sandbox::User=root "$name"; }; })
  dpkg-deb -x "$D/debs/$name"_*.deb "$X"
done
image=$(find "$X" -name 'vmlinuz*' | head -1)
modules=$(dirname "$(find "$X" -type d -path '*/modules/*/kernel' | head -1)")
python3 "$here/image.py" kernel "$image" "$X/vmlinux"
python3 "$here/image.py" initrd "$modules" "$X/initrd"
mv "$X/vmlinux" "$D/vmlinux-$want"
mv "$X/initrd" "$D/initrd-$want"
echo "Linux $want is $(basename "$modules")"
