# stdin: leaves code where the next Python would run it: .pth, .pyc, a module; each is taken back
import os
import site
import sys
import sysconfig

folders = {sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), *sys.path, *site.getsitepackages()}
for folder in filter(os.path.isabs, folders):
    for name in ("leak.pth", "leak_module.py", "__pycache__/leak.cpython-311.pyc"):
        try:
            with open(f"{folder}/{name}", "x") as file:
                file.write("# leak\n")
            print("LEAK", folder, file=sys.stderr)
            os.remove(f"{folder}/{name}")
        except OSError:
            pass
print(0)
