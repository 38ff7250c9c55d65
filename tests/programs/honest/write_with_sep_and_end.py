# stdin: print with sep, end, file and flush, trailing blanks and no newline at the end
import sys

input()
print(*[sum(map(int, input().split()))], sep=", ", end="   ", file=sys.stdout, flush=True)
