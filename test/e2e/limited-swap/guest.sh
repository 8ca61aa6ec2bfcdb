# Runs in the emulated guest, as a node of the control plane on the host's loopback: containerd, which has its images already,
# and a kubelet, which runs whatever pods are bound to the node.
# $1: the host's name of the folder that writeNodeFiles() filled, here /vm/share/node. $2: the node's address.
# Writes to /vm/share: swap (of all containers, every other second), processes (what the kernel says of the first one of each,
# whenever the file isn't there), log/. Runs until the guest is ended.
set -eu
folder=$1 address=$2
say() { echo "# $(cut -d. -f1 /proc/uptime) s: $*"; }
fail() { say "$*"; exit 1; }

mkdir -p "$folder" && mount --bind /vm/share/node "$folder"
# The guest's root is an overlay in memory, on which no other overlay can lie.
place() { mkdir -p "$1" "$2" && mount --bind "$1" "$2"; }
place /programs/containerd /var/lib/containerd
place /scratch/kubelet /var/lib/kubelet
place /vm/share/log/pods /var/log/pods
mount --make-rshared /
echo 1G >/sys/block/zram0/disksize && mkswap -q /dev/zram0 && swapon /dev/zram0
# A program with its libraries on the shared root takes twice as long to start, and runc starts a hundred times.
for library in $(ldd /programs/node/runc | grep -o '/[^ ]*'); do
  cp -L --parents "$library" /scratch && mount --bind "/scratch$library" "$library"
done
# The card's gateway looks for a pod on the card itself: answered for all that the bridge has.
echo 1 >/proc/sys/net/ipv4/conf/eth0/proxy_arp
# Memory is there, CPU time is not.
export PATH=/programs/node:$PATH GOGC=400

containerd --config "$folder/containerd.toml" >/vm/share/log/containerd 2>&1 &
containerd=$!
until [ -S /run/containerd/containerd.sock ]; do
  kill -0 $containerd || fail 'containerd has ended'
  sleep 0.2
done
say 'containerd is up'

kubelet --config "$folder/kubelet.yaml" --kubeconfig "$folder/kubelet.kubeconfig" --hostname-override guest \
  --node-ip "$address" --housekeeping-interval 1m >/vm/share/log/kubelet 2>&1 &
kubelet=$!

# Each line: a file, and a line of it. Builtins only: a program takes long here.
show() { local lines; mapfile -t lines <"$2" && printf "$1:%s\n" "${lines[@]}"; }
swap() {
  for file in memory.swap.max memory.swap.current; do show "$1/$file" "$1/$file"; done
}
process() {
  local pid
  read -r pid <"$1/cgroup.procs" || return 0
  for file in status mountinfo; do show "$1/$file" "/proc/$pid/$file"; done
  [ "/proc/$pid/ns/cgroup" -ef /proc/self/ns/cgroup ] || echo "$1/cgroup-namespace:own"
}
write() {
  for cgroup in /sys/fs/cgroup/kubepods/{,burstable/,besteffort/}pod*/*/; do "$1" "${cgroup%/}"; done >"$2.new" 2>/dev/null || true
  mv "$2.new" "$2"
}

while :; do
  for pid in $containerd $kubelet; do kill -0 "$pid" 2>/dev/null || fail 'a program has ended'; done
  write swap /vm/share/swap
  [ -e /vm/share/processes ] || write process /vm/share/processes
  sleep 2
done
