# stdin: closes sys.stdout when all is said
import sys

input()
print(sum(map(int, input().split())))
sys.stdout.close()
