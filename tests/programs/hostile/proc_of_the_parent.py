# stdin: reads what /proc tells about the grading process: environment, command line, memory map, open files
import os
import sys

for process in ("@PARENT@", str(os.getppid()), "1"):
    for name in ("environ", "cmdline", "maps", "status", "task/%s/environ" % process):
        try:
            with open(f"/proc/{process}/{name}", "rb") as file:
                content = file.read()
        except OSError:
            continue
        if process == "@PARENT@":
            print("LEAK", name, file=sys.stderr)
        if name.endswith("environ"):
            for entry in content.decode("utf-8", "replace").split("\0"):
                if any(word in entry.upper() for word in ("SECRET", "KEY", "TOKEN", "PASS")):
                    print(entry, file=sys.stderr)
try:
    print("LEAK", os.listdir("/proc/@PARENT@/fd"), file=sys.stderr)
except OSError:
    pass
print(0)
