# stdin: leaves files in /dev/shm, /tmp, /var/tmp, /run and the current folder, by several modules
import multiprocessing.shared_memory
import os
import sys
import tempfile

for folder in ("/dev/shm", "/tmp", "/var/tmp", "/run", "/run/lock", "/dev/mqueue", ".", os.path.expanduser("~")):
    path = f"{folder}/leak_of_a_program"
    try:
        open(path, "w").close()
        print("LEAK", folder, file=sys.stderr)
        os.remove(path)
    except OSError:
        pass
for attempt in (
    lambda: tempfile.TemporaryFile().write(b"x"),
    lambda: multiprocessing.shared_memory.SharedMemory(create=True, size=4096).unlink(),
    lambda: multiprocessing.get_context("fork").Semaphore(1),
):
    try:
        attempt()
        print("LEAK", file=sys.stderr)
    except BaseException:
        pass
print(0)
