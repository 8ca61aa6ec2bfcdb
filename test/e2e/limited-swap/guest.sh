# Runs in the emulated guest, as a node of the control plane on the host's loopback: containerd, a kubelet, Ebb's agent.
# $1: the host's name of the folder that writeNodeFiles() filled, here /vm/share/node. $2: port of the API server.
# Writes to /vm/share: cgroups (each second, of all containers), log/. Runs until the guest is ended.
set -eu
folder=$1 port=$2
say() { echo "# $(cut -d. -f1 /proc/uptime) s: $*"; }
fail() { say "$*"; exit 1; }

mkdir -p "$folder" && mount --bind /vm/share/node "$folder"
# The guest's root is an overlay in memory, on which no other overlay can lie.
for path in lib/containerd lib/kubelet log/pods; do
  mkdir -p "/scratch/$path" "/var/$path" && mount --bind "/scratch/$path" "/var/$path"
done
mount --make-rshared /
echo 1G >/sys/block/zram0/disksize && mkswap -q /dev/zram0 && swapon /dev/zram0
export PATH=/programs/node:$PWD/node_modules/.bin:$PATH

containerd --config "$folder/containerd.toml" >/vm/share/log/containerd 2>&1 &
containerd=$!
until [ -S /run/containerd/containerd.sock ]; do
  kill -0 $containerd || fail 'containerd has ended'
  sleep 0.2
done
for image in /vm/share/images/*; do ctr -n k8s.io images import "$image" >/dev/null; done
say 'containerd has the images'

kubelet --config "$folder/kubelet.yaml" --kubeconfig "$folder/kubelet.kubeconfig" --hostname-override guest \
  --node-ip 10.0.2.15 >/vm/share/log/kubelet 2>&1 &
kubelet=$!

# As in its pod: the folder of its ServiceAccount has one place, and it has a /run of its own.
account=/var/run/secrets/kubernetes.io/serviceaccount
mkdir /tmp/account && cp /vm/share/account/* /tmp/account/ && chmod -R a+rX /tmp/account
export KUBERNETES_SERVICE_HOST=10.0.2.2 KUBERNETES_SERVICE_PORT=$port
unshare --mount sh -ec "mount -t tmpfs none /run && mkdir -p $account && mount --bind /tmp/account $account
  exec bin/ebb agent --period 1 --wake-period 500 --log-level debug --metrics 127.0.0.1:0" >/vm/share/log/agent 2>&1 &
agent=$!
say 'kubelet and agent are started'

while :; do
  for pid in $containerd $kubelet $agent; do kill -0 "$pid" 2>/dev/null || fail 'a program has ended'; done
  find /sys/fs/cgroup/kubepods -name 'memory.swap.*' -exec grep -H . {} + >/vm/share/cgroups.new 2>/dev/null || true
  mv /vm/share/cgroups.new /vm/share/cgroups
  sleep 1
done
