# stdin: namespaces, mounts, chroot and pivot_root: a world of its own in which it is root
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x4000000, 0x8000000, 0x2000000, 0x80):
    if libc.unshare(flag) == 0:
        print("LEAK unshare", hex(flag), file=sys.stderr)
if libc.mount(b"none", b"@VICTIM@", b"tmpfs", ctypes.c_ulong(0), None) == 0:
    print("LEAK mount", file=sys.stderr)
    libc.umount2(b"@VICTIM@", 2)
if libc.chroot(b"/") == 0:
    print("LEAK chroot", file=sys.stderr)
for name in ("mnt", "net", "user", "pid"):
    try:
        if libc.setns(os.open(f"/proc/{os.getppid()}/ns/{name}", os.O_RDONLY), 0) == 0:
            print("LEAK setns", file=sys.stderr)
    except OSError:
        pass
print(0)
