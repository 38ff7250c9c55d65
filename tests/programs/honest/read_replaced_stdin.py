# stdin: sys.stdin and sys.stdout replaced by StringIO and written out at the end through the old one
import io
import sys

sys.stdin = io.StringIO(sys.stdin.read())
real, sys.stdout = sys.stdout, io.StringIO()
n = int(input())
print(sum(map(int, input().split())))
real.write(sys.stdout.getvalue())
