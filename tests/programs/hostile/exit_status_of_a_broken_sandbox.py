# stdin: ends with each test's own status among those that sandboxes keep for themselves
import os
import sys

first = sys.stdin.readline().strip()
os._exit({"3": 120}.get(first, 137))
