# stdin: leaves a hundred zombies behind
import os

for _ in range(100):
    try:
        process = os.fork()
    except OSError:
        break
    if process == 0:
        os.write(2, b"LEAK\n")
        os._exit(0)
print(0)
