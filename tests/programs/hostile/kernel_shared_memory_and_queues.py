# stdin: what outlives a process: System V shared memory, semaphores and message queues, POSIX queues
import ctypes
import sys

libc = ctypes.CDLL(None, use_errno=True)
for make, remove in (
    (lambda: libc.shmget(0x1EAC, 4096, 0o1600), lambda number: libc.shmctl(number, 0, None)),
    (lambda: libc.semget(0x1EAC, 1, 0o1600), lambda number: libc.semctl(number, 0, 0)),
    (lambda: libc.msgget(0x1EAC, 0o1600), lambda number: libc.msgctl(number, 0, None)),
    (lambda: libc.syscall(240, b"leak", 0o102, 0o600, None), lambda number: libc.syscall(241, b"leak")),
):
    number = make()
    if number >= 0:
        print("LEAK", file=sys.stderr)
        remove(number)
print(0)
