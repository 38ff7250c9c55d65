# stdin: sockets of families that reach the kernel and the host: netlink, packet, raw, vsock, crypto, Bluetooth
import ctypes
import sys

libc = ctypes.CDLL(None)
for family, kind, protocol in (
    (16, 3, 0),
    (17, 3, 0x300),
    (2, 3, 1),
    (2, 2, 1),
    (10, 3, 58),
    (40, 1, 0),
    (38, 5, 0),
    (31, 3, 1),
    (29, 3, 1),
    (44, 3, 0),
    (15, 3, 2),
):
    for number in (41, 53):
        pair = (ctypes.c_int * 2)()
        if libc.syscall(number, family, kind, protocol, pair) >= 0:
            print("LEAK", family, number, file=sys.stderr)
print(0)
