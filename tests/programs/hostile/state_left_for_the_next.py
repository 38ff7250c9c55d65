# stdin: leaves marks wherever it can in the first test and looks for them in the second
import collections
import json
import os
import sys

numbers = sys.stdin.read().split()[1:]
names = "@VICTIM@/mark", "/tmp/mark_of_a_program", "/dev/shm/mark_of_a_program", "mark_of_a_program"
places = (*names, os.__file__ + ".mark")
marked = [path for path in places if os.path.exists(path)]
held = (json, "mark"), (collections, "mark")
if any(hasattr(*each) for each in held) or "MARK" in os.environ or marked or os.umask(0o111) == 0o111:
    print("LEAK", marked, file=sys.stderr)
for path in marked[1:]:
    os.remove(path)
json.mark = collections.mark = True
os.environ["MARK"] = "x"
if len(numbers) == 3:
    for path in places:
        try:
            open(path, "w").close()
        except OSError:
            pass
print(sum(map(int, numbers)) if len(numbers) == 3 else 0)
