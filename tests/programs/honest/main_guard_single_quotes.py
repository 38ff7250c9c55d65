# stdin: the main guard in single quotes, the other way round
import sys

solve = lambda: print(sum(map(int, sys.stdin.read().split()[1:])))

if '__main__' == __name__:
    solve()
