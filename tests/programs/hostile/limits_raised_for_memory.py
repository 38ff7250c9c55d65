# call: raises its own memory limit, then allocates 8 GB
import ctypes
import resource

unlimited = (ctypes.c_uint64 * 2)(2**64 - 1, 2**64 - 1)
for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_FSIZE):
    ctypes.CDLL(None).syscall(160, kind, unlimited)
    ctypes.CDLL(None).syscall(302, 0, kind, unlimited, None)
    try:
        resource.setrlimit(kind, (-1, -1))
    except (OSError, ValueError):
        pass


def total(numbers):
    blocks = []
    for _ in range(80):
        blocks.append(bytearray(100_000_000))
    return 0
