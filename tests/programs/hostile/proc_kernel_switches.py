# stdin: opens the kernel's switches for writing, without writing: the program for core dumps, sysrq, caches, devices
import os
import sys

for path in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/vm/drop_caches",
    "/proc/sysrq-trigger",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
    "/dev/mem",
    "/dev/kmsg",
    "/dev/sda",
    "/dev/vda",
    "/dev/tty",
    "/dev/fuse",
):
    try:
        os.open(path, os.O_WRONLY | os.O_NOCTTY)
        print("LEAK", path, file=sys.stderr)
    except OSError:
        pass
try:
    os.mkdir("/sys/fs/cgroup/leak")
    print("LEAK", file=sys.stderr)
    os.rmdir("/sys/fs/cgroup/leak")
except OSError:
    pass
print(0)
