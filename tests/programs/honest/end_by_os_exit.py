# stdin: os._exit(0) after a flush, to save the time of tearing down
import os
import sys

input()
print(sum(map(int, input().split())))
sys.stdout.flush()
os._exit(0)
