# stdin: changes mode, owner, times and attributes of files outside, and of a library, there to what they are
import os
import sys

library = os.__file__
status = os.stat(library)
for attempt in (
    lambda: os.chmod(library, status.st_mode & 0o7777),
    lambda: os.chown(library, status.st_uid, status.st_gid),
    lambda: os.utime(library, ns=(status.st_atime_ns, status.st_mtime_ns)),
    lambda: os.fchmod(os.open(library, os.O_RDONLY), status.st_mode & 0o7777),
    lambda: os.setxattr(library, "user.leak", b"x") or os.removexattr(library, "user.leak"),
):
    try:
        attempt()
        print("LEAK", file=sys.stderr)
    except OSError:
        pass
for attempt in (
    lambda: os.chmod("@VICTIM@/keep.txt", 0o777),
    lambda: os.chown("@VICTIM@/keep.txt", 65534, 65534),
    lambda: os.utime("@VICTIM@/keep.txt", (0, 0)),
    lambda: os.setxattr("@VICTIM@/keep.txt", "user.leak", b"x"),
):
    try:
        attempt()
        print("LEAK", file=sys.stderr)
    except OSError:
        pass
print(0)
