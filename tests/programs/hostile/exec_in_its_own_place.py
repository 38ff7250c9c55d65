# stdin: becomes a shell, which no trace of the harness is left in
import os

for path, arguments in (
    ("/bin/sh", ["sh", "-c", "echo x > @VICTIM@/made_by_exec; cat @VICTIM@/secret.txt >&2; echo 0"]),
    ("/proc/self/exe", ["python3", "-c", "open('@VICTIM@/made_by_exec', 'w'); print(0)"]),
    ("/usr/bin/env", ["env", "touch", "@VICTIM@/made_by_exec"]),
):
    try:
        os.execve(path, arguments, {})
    except OSError:
        pass
print(0)
