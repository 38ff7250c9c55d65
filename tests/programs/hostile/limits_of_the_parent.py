# stdin: changes the limits of the grading process, by one descriptor and back
import resource
import sys

parent, kind = int("@PARENT@") if "@PARENT@".isdigit() else 1, resource.RLIMIT_NOFILE
try:
    soft, hard = resource.prlimit(parent, kind)
    resource.prlimit(parent, kind, (soft - 1, hard))
    if resource.prlimit(parent, kind)[0] == soft - 1:
        print("LEAK", file=sys.stderr)
        resource.prlimit(parent, kind, (soft, hard))
except (OSError, ValueError):
    pass
print(0)
