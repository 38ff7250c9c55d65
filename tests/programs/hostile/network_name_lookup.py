# stdin: sends what it found inside a host name that it looks up
import socket
import sys

for attempt in (
    lambda: socket.getaddrinfo("localhost", int("@PORT@")) and socket.create_connection(("localhost", int("@PORT@")), 0.5),
    lambda: socket.gethostbyname("leak.invalid"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 53)),
):
    try:
        attempt()
        print("LEAK", file=sys.stderr)
    except OSError:
        pass
print(0)
