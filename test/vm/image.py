#!/usr/bin/env python3
"""image.py kernel BZIMAGE OUT: the uncompressed ELF inside a bzImage (QEMU enters it directly, which saves seconds of emulated unpacking).
image.py initrd MODULES OUT: busybox, the modules that vm.sh's guest needs in load order, and /init."""
import gzip, io, lzma, pathlib, re, struct, subprocess, sys

EARLY = ["virtio_pci", "9pnet_virtio", "9p", "overlay"]
LATE = ["virtio_blk", "zram", "lz4", "lzo", "lzo_rle", "zstd", "loop", "veth", "bridge", "virtio_net", "crc32c_generic", "ext4"]
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev; $b mount -t proc proc /proc; $b mount -t sysfs sys /sys
for m in $($b cat /m/early); do $b insmod /m/$m.ko; done
o=trans=virtio,version=9p2000.L,msize=512000
i=0; while ! $b mount -t 9p -o $o,cache=loose,ro hostroot /lower 2>/dev/null; do i=$((i+1)); [ $i -gt 100 ] && { echo no root; $b poweroff -f; }; $b usleep 50000; done
$b mount -t tmpfs -o size=2g,mode=755 rw /rw; $b mkdir /rw/u /rw/w
$b mount -t overlay -o lowerdir=/lower,upperdir=/rw/u,workdir=/rw/w root /r
for d in proc sys dev tmp run vm; do $b mkdir -p /r/$d; done
$b mount -t tmpfs vm /r/vm; $b mkdir /r/vm/m /r/vm/share; $b cp /m/* /r/vm/m/; $b cp /bin/busybox /r/vm/
$b mount -t 9p -o $o,cache=none share /r/vm/share
$b umount /proc /sys; $b mount --move /dev /r/dev
exec $b switch_root -c /dev/ttyS0 /r /bin/bash /vm/share/.init
"""

def kernel(image, out):
    d = pathlib.Path(image).read_bytes()
    start = ((d[0x1F1] or 4) + 1) * 512 + struct.unpack_from("<I", d, 0x248)[0]
    packed = d[start : start + struct.unpack_from("<I", d, 0x24C)[0]]
    tool = {b"\x28\xb5": ["zstd", "-dc"], b"\xfd7": ["xz", "-dc", "--single-stream"], b"\x1f\x8b": ["gzip", "-dc"]}[packed[:2]]
    pathlib.Path(out).write_bytes(subprocess.run(tool, input=packed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)  # four bytes of size follow the packed stream

def module(path):
    d = path.read_bytes()
    d = lzma.decompress(d) if path.suffix == ".xz" else subprocess.run(["zstd", "-dc"], input=d, stdout=subprocess.PIPE, check=True).stdout if path.suffix == ".zst" else d
    tail = d.rfind(b"~Module signature appended~")  # an unsigned module loads several times faster under emulation
    return d[: tail - 12 - int.from_bytes(d[tail - 4 : tail], "big")] if tail > 0 else d

def initrd(modules, out):
    found = {p.name.split(".ko")[0].replace("-", "_"): p for p in pathlib.Path(modules, "kernel").rglob("*.ko*")}
    loaded = {}
    def load(name):
        name = name.replace("-", "_")
        if name in loaded or name not in found: return
        d = module(found[name]); needs = re.search(rb"\0?depends=([^\0]*)\0", d)
        for n in needs[1].decode().split(",") if needs and needs[1] else []: load(n)
        loaded[name] = d
    for n in EARLY: load(n)
    early = list(loaded)
    for n in LATE: load(n)
    files = {"init": (INIT.encode(), 0o755), "bin/busybox": (pathlib.Path("/bin/busybox").read_bytes(), 0o755),
             "m/early": ("\n".join(early).encode(), 0o644), "m/late": ("\n".join(list(loaded)[len(early):]).encode(), 0o644)}
    files |= {f"m/{n}.ko": (d, 0o644) for n, d in loaded.items()}
    o = io.BytesIO()
    def entry(name, mode, data=b""):
        n = name.encode() + b"\0"; o.write(b"070701" + b"".join(b"%08X" % x for x in (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(n), 0)) + n)
        o.write(b"\0" * (-o.tell() % 4)); o.write(data); o.write(b"\0" * (-o.tell() % 4))
    for d in ("bin", "m", "r", "proc", "sys", "dev", "lower", "rw"): entry(d, 0o40755)
    for name, (data, mode) in files.items(): entry(name, 0o100000 | mode, data)
    entry("TRAILER!!!", 0)
    pathlib.Path(out).write_bytes(o.getvalue())

{"kernel": kernel, "initrd": initrd}[sys.argv[1]](*sys.argv[2:4])
