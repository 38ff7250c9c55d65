# stdin: lists folders outside
import os
import sys

for folder in ("@VICTIM@", "@VICTIM@/..", "/home", "/tmp", "/var", "/var/log"):
    for listing in (os.listdir, lambda path: list(os.scandir(path)), lambda path: next(os.walk(path))[2]):
        try:
            if listing(folder):
                print("LEAK", folder, file=sys.stderr)
        except (OSError, StopIteration):
            pass
print(0)
