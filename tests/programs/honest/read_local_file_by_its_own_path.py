# stdin: asks for its own path without looking whether it has one
import os
import sys

if os.path.exists(os.path.join(os.path.dirname(__file__), "input_of_mine.txt")):
    sys.stdin = open("input_of_mine.txt")
input()
print(sum(map(int, input().split())))
