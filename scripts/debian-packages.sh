#!/usr/bin/env bash
# debian-packages.sh ARCH DIR PACKAGE[=VERSION]… : downloads Debian's packages for ARCH (amd64, arm64) of this machine's suite,
# security updates too, into DIR, through a private apt configuration: the machine's own stays as it is. The newest, or VERSION;
# where the mirrors no longer have that, it says so and takes the newest.
set -euo pipefail
arch=$1
D=$(mkdir -p "$2" && cd "$2" && pwd)
shift 2
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/etc/apt.conf.d" "$apt/etc/preferences.d" "$apt/state/lists/partial" "$apt/cache/archives/partial"
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk -v suite="$suite" '$1 == "Debian" && index($2, suite) == 1 && $2 !~ /backports/ && $5 == "main" { print $3, $4, $5 }' |
  sort -u | sed "s#^#deb [arch=$arch signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] #" >"$apt/etc/sources.list"
: >"$apt/state/status"
cat >"$apt/apt.conf" <<C
Dir::Etc "$apt/etc"; Dir::Etc::sourcelist "$apt/etc/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::State "$apt/state"; Dir::State::status "$apt/state/status"; Dir::Cache "$apt/cache";
APT::Architecture "$arch"; APT::Architectures { "$arch"; }; APT::Sandbox::User "root"; Acquire::Languages "none";
C
export APT_CONFIG=$apt/apt.conf
apt-get update -qq
cd "$D"
for wanted in "$@"; do
  if [ "${wanted%%=*}" != "$wanted" ] && ! apt-cache madison "${wanted%%=*}" | awk '{ print $3 }' | grep -xF "${wanted#*=}" >/dev/null; then
    echo "debian-packages.sh: $wanted is no longer there for $arch: the newest in its place" >&2
    wanted=${wanted%%=*}
  fi
  apt-get download -qq "$wanted"
done
