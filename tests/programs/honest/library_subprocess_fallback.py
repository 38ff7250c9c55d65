# stdin: tries for a faster library and is content without it
try:
    import numba
except ImportError:
    numba = None
try:
    from sortedcontainers import SortedList
except ImportError:
    SortedList = sorted
input()
print(sum(SortedList(map(int, input().split()))))
