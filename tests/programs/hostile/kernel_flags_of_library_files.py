# stdin: sets the flags of a file of the Python library (append-only, immutable) by ioctl on a descriptor for reading
import fcntl
import os
import struct
import sys

FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR = 0x80086601, 0x40086602, 0x801C581F, 0x401C5820
library = os.open(os.__file__, os.O_RDONLY)
for get, put, size in ((FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, 8), (FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR, 28)):
    try:
        flags = fcntl.ioctl(library, get, bytes(size))
        fcntl.ioctl(library, put, flags)  # as they are, to do no harm
        print("LEAK", struct.unpack_from("I", flags), file=sys.stderr)
    except OSError:
        pass
print(0)
