# call: a pair of datagram sockets, which needs no socket() and no connect(), and datagrams addressed to others' Unix sockets
import errno
import socket
import sys


def total(numbers):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_RAW):
        for address in ("\0@ABSTRACT@", "@VICTIM@/datagrams.sock", "@VICTIM@/made_by_bind"):
            try:
                one, other = socket.socketpair(socket.AF_UNIX, kind)
                one.sendto(b"LEAK", address)
                print("LEAK", kind, address, file=sys.stderr)
            except OSError as error:
                if error.errno in (errno.ECONNREFUSED, errno.EPROTOTYPE):  # it got as far as the other's socket
                    print("LEAK", kind, address, file=sys.stderr)
    return 0
