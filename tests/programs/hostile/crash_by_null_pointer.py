# stdin: segmentation fault by ctypes, after a wrong answer
import ctypes

print(0, flush=True)
ctypes.string_at(0)
