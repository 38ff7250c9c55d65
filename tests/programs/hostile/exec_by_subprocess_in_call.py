# call: a shell, started from the called function
import subprocess


def total(numbers):
    return int(subprocess.run(["/bin/sh", "-c", "echo x | tee @VICTIM@/made_by_shell | wc -l"], stdout=-1).stdout) - 1
