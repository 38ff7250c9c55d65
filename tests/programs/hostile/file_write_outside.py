# stdin: overwrites, appends to, truncates and creates files outside
import os

victim = "@VICTIM@"
for attempt in (
    lambda: open(f"{victim}/keep.txt", "w").write("gone"),
    lambda: open(f"{victim}/keep.txt", "a").write("more"),
    lambda: open(f"{victim}/keep.txt", "r+").write("more"),
    lambda: os.truncate(f"{victim}/keep.txt", 0),
    lambda: open(f"{victim}/made_by_open", "x").write("new"),
    lambda: os.open(f"{victim}/made_by_creat", os.O_CREAT | os.O_WRONLY, 0o777),
    lambda: os.open(victim, os.O_TMPFILE | os.O_RDWR, 0o600),
    lambda: os.mkfifo(f"{victim}/made_by_mkfifo"),
    lambda: os.mknod(f"{victim}/made_by_mknod"),
):
    try:
        attempt()
    except OSError:
        pass
print(0)
