# stdin: streams reconfigured, sought and asked for their properties
import sys

sys.stdin.reconfigure(encoding="ascii")
sys.stdout.reconfigure(line_buffering=True, encoding="utf-8")
assert not sys.stdin.isatty() and sys.stdin.fileno() == 0 and sys.stdout.fileno() == 1
text = sys.stdin.read()
sys.stdin.seek(0)
assert sys.stdin.read() == text
print(sum(map(int, text.split()[1:])))
