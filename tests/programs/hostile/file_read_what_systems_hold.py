# stdin: reads password files, keys, shell histories, cloud tokens and the kernel's log
import glob
import os
import sys

home = os.path.expanduser("~")
for pattern in (
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/root/.ssh/*",
    "/root/.*history",
    "/home/*/.ssh/id_*",
    home + "/.aws/credentials",
    home + "/.netrc",
    home + "/.cache/huggingface/token",
    "/var/run/secrets/*",
    "/run/secrets/*",
    "/var/log/*.log",
    "/dev/kmsg",
    "/sys/class/dmi/id/product_uuid",
):
    for path in [pattern, *glob.glob(pattern)]:
        try:
            os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1)
            print("LEAK", path, file=sys.stderr)
        except OSError:
            pass
print(0)
