# stdin: connects to the Unix sockets of the host's daemons: containers, system bus, log
import socket
import sys

for path in ("/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/dbus/system_bus_socket", "/dev/log"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(socket.AF_UNIX, kind) as connection:
                connection.connect(path)
                print("LEAK", path, file=sys.stderr)
        except OSError:
            pass
print(0)
