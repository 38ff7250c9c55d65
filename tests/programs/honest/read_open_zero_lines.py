# stdin: open(0) as lines, unpacked
_, line = open(0)
print(sum(map(int, line.split())))
