# stdin: a large buffered writer on descriptor 1 in place of sys.stdout, never flushed
import io
import os
import sys

sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False), 1 << 20))
first = os.fdopen(os.dup(0), "r").read().split()
print(sum(map(int, first[1:])))
