# stdin: prints 7 million tokens, just below the usual limits, to slow down the comparison
import os

for _ in range(140):
    os.write(1, b"6\n" * 50_000)
