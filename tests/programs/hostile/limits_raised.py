# stdin: raises its own limits, then uses CPU time for ever
import resource

for kind in range(16):
    for limits in ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), (1 << 40, 1 << 40)):
        try:
            resource.setrlimit(kind, limits)
            resource.prlimit(0, kind, limits)
        except (OSError, ValueError):
            pass
while True:
    pass
