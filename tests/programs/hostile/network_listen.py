# stdin: opens ports of its own, TCP, UDP and Unix
import socket
import sys

for family, kind, address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
    (socket.AF_UNIX, socket.SOCK_STREAM, "\0leak_of_a_program"),
    (socket.AF_UNIX, socket.SOCK_STREAM, "@VICTIM@/made_by_bind"),
):
    try:
        with socket.socket(family, kind) as listener:
            listener.bind(address)
            print("LEAK", family, file=sys.stderr)
    except OSError:
        pass
print(0)
