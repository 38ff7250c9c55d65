# stdin: a file object of its own on descriptor 1, never closed
input()
out = open(1, "w")
out.write(str(sum(map(int, input().split()))))
out.write("\n")
