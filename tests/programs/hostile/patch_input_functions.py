# stdin: replaces the module of input by one that has no numbers, and the output by one that throws away
import builtins
import io
import sys

sys.stdin = io.StringIO("1\n0\n")
builtins.input = lambda *given: "0"
sys.stdout = type("Sink", (), {"write": lambda self, text: len(text), "flush": lambda self: None, "closed": True})()
print(0)
