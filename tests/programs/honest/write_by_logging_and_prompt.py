# stdin: answers through a logger on standard output; warnings and notes on standard error
import logging
import sys
import warnings

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
warnings.warn("this is slow", stacklevel=1)
print("debug: reading", file=sys.stderr)
sys.stderr.write("debug: " * 3)
input("")
logging.info("%d", sum(map(int, input().split())))
