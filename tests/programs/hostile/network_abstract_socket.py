# stdin: talks to an abstract Unix socket, which no file permission guards
import socket

for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    try:
        with socket.socket(socket.AF_UNIX, kind) as connection:
            connection.connect("\0@ABSTRACT@")
            connection.send(b"LEAK")
    except OSError:
        pass
print(0)
