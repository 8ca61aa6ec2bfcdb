#!/usr/bin/env bash
# vm.sh -d DIR -k RELEASE -s SHARE [-p IMAGE] [-n] [-m MiB] [-t SECONDS] COMMAND... : runs COMMAND with bash in an emulated
# guest with its own kernel and pure cgroup v2. DIR: what build.sh filled. The host's / is visible read-only below a tmpfs,
# SHARE is /vm/share, an empty ext4 disk is /scratch, the file system in IMAGE is /programs (what is written there goes with
# the guest). -n: a network card, whose 10.96.0.1 is the host's loopback. Prints what COMMAND prints and returns its exit code
# (124: out of time, 125: did not boot). Needs no KVM; 5 s to the first line.
set -uo pipefail
D= k= share= programs= network= mem=4096 t=300
while getopts d:k:m:np:s:t: o; do
  case $o in d) D=$OPTARG ;; k) k=$OPTARG ;; m) mem=$OPTARG ;; n) network=1 ;; p) programs=$OPTARG ;; s) share=$OPTARG ;; t) t=$OPTARG ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
[ -n "$D" ] && [ -n "$k" ] && [ -n "$share" ] || { sed -n 2,7p "$0" >&2; exit 2; }

printf '%s\n' "$*" >"$share/.command"
cat >"$share/.init" <<'I'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc; mount -t sysfs sys /sys; mkdir -p /dev/pts /dev/shm /scratch
mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm; mount -t tmpfs -o mode=755 run /run; mount -t tmpfs tmp /tmp
ln -sfn /proc/self/fd /dev/fd; ln -sfn /proc/self/fd/1 /dev/stdout; ln -sfn /proc/self/fd/2 /dev/stderr
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
for m in $(cat /vm/m/late); do /vm/busybox insmod /vm/m/$m.ko 2>/dev/null; done
for c in $(cat /sys/fs/cgroup/cgroup.controllers); do echo +$c > /sys/fs/cgroup/cgroup.subtree_control; done
mkfs.ext4 -q -F /dev/vda && mount /dev/vda /scratch
[ -b /dev/vdb ] && mkdir /programs && mount /dev/vdb /programs
mkdir /sys/fs/cgroup/command; ip link set lo up; [ -e /sys/class/net/eth0 ] && ip address add 10.96.0.15/16 dev eth0 && ip link set eth0 up; hostname guest; dmesg -n 1
echo @@@BEGIN@@@
(echo $BASHPID > /sys/fs/cgroup/command/cgroup.procs; cd /vm/share; exec bash /vm/share/.command) </dev/null; rc=$?
echo @@@END@@@; echo $rc > /vm/share/.rc; sync; echo o > /proc/sysrq-trigger; sleep 20
I

disk=$share/.scratch
trap 'rm -f "$disk"' EXIT
# One emulation thread: with one per CPU a boot in 18 panics (the kernel patches itself while the other CPU runs).
boot() {
  rm -f "$share/.rc" "$disk"
  truncate -s 3G "$disk"
  setpriv --pdeathsig KILL timeout --foreground "$t" nice setpriv --pdeathsig KILL qemu-system-x86_64 -M q35 -accel tcg,thread=single,tb-size=512 -cpu max,-la57,-svm -smp 2 -m "$mem" \
    -nodefaults -no-user-config -display none -serial stdio -no-reboot \
    -kernel "$D/vmlinux-$k" -initrd "$D/initrd-$k" \
    -append "console=ttyS0 quiet panic=-1 cgroup_no_v1=all psi=1 mitigations=off random.trust_cpu=on nowatchdog" \
    -drive file="$disk",format=raw,if=virtio,cache=unsafe \
    ${programs:+-drive file="$programs",format=raw,if=virtio,cache=unsafe,snapshot=on} \
    ${network:+-netdev user,id=net,net=10.96.0.0/16,host=10.96.0.1 -device virtio-net-pci,netdev=net,romfile=} \
    -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=root,mount_tag=hostroot \
    -fsdev local,id=share,path="$share",security_model=none,multidevs=remap -device virtio-9p-pci,fsdev=share,mount_tag=share </dev/null 2>&1 |
    sed -un 's/\r$//; /^@@@BEGIN@@@/,/^@@@END@@@/{//!p}'
  [ "${PIPESTATUS[0]}" != 124 ] || exit 124
  [ -f "$share/.rc" ] && exit "$(cat "$share/.rc")"
}
boot
boot # once more where the first did not boot
exit 125
