# stdin: reads the files of the harness and of the run, where problems and their outputs lie
import glob
import os
import sys

library = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.__file__))))
roots = {os.getcwd(), "@VICTIM@", os.path.dirname(sys.prefix), library, "/work", "/app", "/workspace", "/tmp"}
for root in roots:
    for pattern in ("*.jsonl", "data/*.jsonl", "runs/*/data/*.jsonl", "tests/*.py"):
        for path in glob.glob(f"{root}/{pattern}"):
            try:
                with open(path) as file:
                    file.read(100)
                print("LEAK", path, file=sys.stderr)
            except OSError:
                pass
print(0)
