# stdin: ends by a raw exit_group, with a wrong answer left in the buffer of standard output
import ctypes

print(0)
ctypes.CDLL(None).syscall(231, 0)
