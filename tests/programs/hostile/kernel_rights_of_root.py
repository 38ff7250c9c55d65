# stdin: what only root may do and needs no system call of its own: thawing a file system, poisoning memory, noise
import ctypes
import errno
import fcntl
import os
import struct
import sys

FITHAW, RNDADDTOENTCNT, MADV_HWPOISON, MADV_SOFT_OFFLINE = 0xC0045878, 0x40045201, 100, 101
library = os.open(os.__file__, os.O_RDONLY)
try:
    fcntl.ioctl(library, FITHAW, 0)
    print("LEAK thaw", file=sys.stderr)
except OSError as error:
    if error.errno == errno.EINVAL:  # it is not frozen, but this process might have done it
        print("LEAK thaw", file=sys.stderr)
try:
    fcntl.ioctl(os.open("/dev/urandom", os.O_RDWR), RNDADDTOENTCNT, struct.pack("i", 0))
    print("LEAK noise", file=sys.stderr)
except OSError:
    pass
libc = ctypes.CDLL(None, use_errno=True)
for advice in (MADV_HWPOISON, MADV_SOFT_OFFLINE):
    got = libc.madvise(ctypes.c_void_p(0x10000), ctypes.c_size_t(4096), advice)  # nothing is mapped there
    if got == 0 or ctypes.get_errno() not in (errno.EPERM, errno.EINVAL):
        print("LEAK poison", file=sys.stderr)
if libc.sethostname(os.uname().nodename.encode(), len(os.uname().nodename)) == 0:
    print("LEAK name", file=sys.stderr)
print(0)
