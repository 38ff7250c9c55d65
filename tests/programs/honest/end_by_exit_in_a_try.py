# stdin: a bare except around everything, sys.exit inside, as beginners write it
import sys

try:
    n = int(input())
    a = list(map(int, input().split()))
    print(sum(a))
    sys.exit()
except Exception as error:
    print("error", error)
