# call: connects by sendto with MSG_FASTOPEN, and by raw system calls
import ctypes
import socket
import struct


def total(numbers):
    port = int("@PORT@")
    try:
        with socket.socket() as connection:
            connection.sendto(b"LEAK", 0x20000000, ("127.0.0.1", port))
    except OSError:
        pass
    libc = ctypes.CDLL(None)
    descriptor = libc.syscall(41, 2, 1, 0)
    address = struct.pack("=HHL8x", 2, socket.htons(port), socket.htonl(0x7F000001))
    libc.syscall(42, descriptor, address, 16)
    libc.syscall(44, descriptor, b"LEAK", 4, 0, None, 0)
    return 0
