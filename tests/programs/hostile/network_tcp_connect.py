# stdin: sends what it found over TCP
import socket

try:
    with socket.create_connection(("127.0.0.1", int("@PORT@")), timeout=0.5) as connection:
        connection.sendall(b"LEAK")
except OSError:
    pass
print(0)
