# stdin: gc switched off, frozen and collected; switch interval, hash seed, sizes, memory and limits asked for
import gc
import os
import resource
import sys

gc.disable()
gc.collect()
gc.freeze()
sys.setswitchinterval(10)
sys.set_int_max_str_digits(0)
assert sys.getsizeof(0) and os.getpid() and os.cpu_count() and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(resource.getrlimit(resource.RLIMIT_AS)) == 2 and len(str(10**5000)) == 5001
input()
print(sum(map(int, input().split())))
