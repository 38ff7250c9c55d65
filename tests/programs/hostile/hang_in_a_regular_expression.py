# stdin: a regular expression that backtracks for ever
import re

re.match(r"(a|a|aa)+$", "a" * 5000 + "b")
print(0)
