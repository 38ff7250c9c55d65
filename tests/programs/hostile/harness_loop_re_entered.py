# stdin: walks up to the frames of the process that forks, and calls its functions as if it were that process
import sys

print(0, flush=True)
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_locals.items()):
        if name == "control":
            try:
                value.send(b'{"n": 1, "status": 0, "cpu": 0.0}')
                print("LEAK", file=sys.stderr)
            except OSError:
                pass
        if name in ("running", "others", "descriptors"):
            value.clear()
    frame = frame.f_back
