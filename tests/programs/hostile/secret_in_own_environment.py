# stdin: prints its environment: keys that it inherited
import os
import sys

print(dict(os.environ), file=sys.stderr)
print(os.getenv("HOME"), os.path.expanduser("~/"), file=sys.stderr)
print(0)
