# stdin: the shorter template with a BytesIO over all of the input, and output by an exit handler
import atexit
import io
import os
import sys

input = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline
output = io.BytesIO()
sys.stdout = io.TextIOWrapper(output, write_through=True)
atexit.register(lambda: os.write(1, output.getvalue()))

n = int(input())
print(sum(map(int, input().split())))
