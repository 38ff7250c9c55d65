# stdin: lists folders outside; a tree of its own holds the way to this Python and a few files, no more
import os
import sys

for folder, own in (("@VICTIM@", 0), ("@VICTIM@/..", 0), ("/etc", 3), ("/var/log", 1)):
    for listing in (os.listdir, lambda path: list(os.scandir(path)), lambda path: next(os.walk(path))[2]):
        try:
            if len(listing(folder)) > own:
                print("LEAK", folder, file=sys.stderr)
        except (OSError, StopIteration):
            pass
print(0)
