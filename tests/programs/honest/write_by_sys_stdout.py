# stdin: sys.stdout.write, with the answers collected first
import sys

out = []
sys.stdin.readline()
out.append(str(sum(map(int, sys.stdin.readline().split()))))
sys.stdout.write("\n".join(out) + "\n")
