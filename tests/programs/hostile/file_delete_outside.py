# stdin: deletes, renames and replaces files outside, and the folder itself
import os
import shutil

victim = "@VICTIM@"
for attempt in (
    lambda: os.rename(f"{victim}/keep.txt", f"{victim}/renamed.txt"),
    lambda: os.replace(f"{victim}/secret.txt", f"{victim}/keep.txt"),
    lambda: os.link(f"{victim}/secret.txt", f"{victim}/made_by_link"),
    lambda: os.symlink(f"{victim}/secret.txt", f"{victim}/made_by_symlink"),
    lambda: os.mkdir(f"{victim}/made_by_mkdir"),
    lambda: os.remove(f"{victim}/keep.txt"),
    lambda: os.unlink(f"{victim}/secret.txt"),
    lambda: shutil.rmtree(victim) if victim.count("/") > 1 else None,
    lambda: os.rmdir(victim),
):
    try:
        attempt()
    except OSError:
        pass
print(0)
