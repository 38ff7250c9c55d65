# call: a pair of datagram sockets, which needs no socket() and no connect(), sends to others' Unix sockets by address
import socket
import sys


def total(numbers):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        for address in ("\0@ABSTRACT@", "@VICTIM@/datagrams.sock"):
            try:
                one, other = socket.socketpair(socket.AF_UNIX, kind)
                one.sendto(b"LEAK", address)
                print("LEAK", kind, address, file=sys.stderr)
            except OSError:
                pass
    return 0
