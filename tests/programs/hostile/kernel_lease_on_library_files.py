# stdin: takes a lease and a lock on a file of the Python library, which hold up everybody who would write it
import fcntl
import os
import sys

library = os.open(os.__file__, os.O_RDONLY)
for attempt in (
    lambda: fcntl.fcntl(library, 1024, fcntl.F_RDLCK),
    lambda: fcntl.flock(library, fcntl.LOCK_EX | fcntl.LOCK_NB),
):
    try:
        attempt()
        print("LEAK", file=sys.stderr)
    except OSError:
        pass
print(0)
