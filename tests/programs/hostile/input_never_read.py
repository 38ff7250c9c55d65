# stdin: never reads its input, closes it at once and answers
import os

os.close(0)
print(0)
