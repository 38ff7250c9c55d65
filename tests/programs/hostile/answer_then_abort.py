# stdin: a wrong answer, then SIGABRT
import os

print(0, flush=True)
os.abort()
