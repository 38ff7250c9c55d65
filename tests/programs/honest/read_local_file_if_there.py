# stdin: a local input file beside the program, for runs at home
import os
import sys

here = os.path.dirname(os.path.abspath(__file__)) if "__file__" in globals() else "."
if os.path.exists(os.path.join(here, "input_of_mine.txt")):
    sys.stdin = open(os.path.join(here, "input_of_mine.txt"))
if os.environ.get("LOCAL_JUDGE"):
    sys.stdin = open("in.txt")
if len(sys.argv) > 1 and sys.argv[1] == "test":
    sys.stdin = open("in.txt")
n = int(input())
print(sum(map(int, input().split())))
