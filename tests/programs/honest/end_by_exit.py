# stdin: exit() in the middle, after the answer
input()
print(sum(map(int, input().split())))
exit()
print("never")
