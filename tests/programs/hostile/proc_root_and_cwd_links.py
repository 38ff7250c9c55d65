# stdin: walks to the secret through the magic links of its own and of other processes
import os
import sys

for process in ("self", "thread-self", "@PARENT@", str(os.getppid()), "1"):
    for link in ("root", "cwd/../../../../../..", "task/../root"):
        try:
            with open(f"/proc/{process}/{link}@VICTIM@/secret.txt") as file:
                print(file.read(), file=sys.stderr)
        except OSError:
            pass
    for number in range(64):
        try:
            if not os.path.samefile(f"/proc/{process}/fd/{number}", f"/proc/self/fd/{number}"):
                continue
        except OSError:
            continue
        try:
            os.listdir(f"/proc/{process}/fd/{number}/.")
            print("LEAK", file=sys.stderr)
        except OSError:
            pass
print(0)
