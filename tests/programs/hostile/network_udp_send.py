# stdin: sends what it found over UDP, connected and not, IPv4 and IPv6
import socket

for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1"), (socket.AF_INET6, "::1")):
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"LEAK", (host, int("@PORT@")))
            sender.connect((host, int("@PORT@")))
            sender.send(b"LEAK")
    except OSError:
        pass
print(0)
