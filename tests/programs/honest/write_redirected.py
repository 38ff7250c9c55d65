# stdin: contextlib.redirect_stdout around the computation
import contextlib
import io

input()
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("noise")
    print(sum(map(int, input().split())))
print(buffer.getvalue().split()[-1])
