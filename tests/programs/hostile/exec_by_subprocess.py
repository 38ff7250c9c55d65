# stdin: subprocess, popen and posix_spawn
import os
import subprocess

command = ["/bin/sh", "-c", "echo x > @VICTIM@/made_by_shell; cat @VICTIM@/secret.txt >&2"]
for attempt in (
    lambda: subprocess.run(command, timeout=1),
    lambda: os.popen(command[2]).read(),
    lambda: os.waitpid(os.posix_spawn(command[0], command, {}), 0),
    lambda: os.spawnv(os.P_WAIT, command[0], command),
):
    try:
        attempt()
    except BaseException:
        pass
print(0)
