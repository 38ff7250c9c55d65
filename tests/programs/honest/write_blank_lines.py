# stdin: blank lines around the answer
print()
input()
print("\n  ", sum(map(int, input().split())), " \t\r\n\n")
