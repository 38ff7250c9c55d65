# stdin: fileinput, which looks at sys.argv
import fileinput

lines = [line.rstrip() for line in fileinput.input()]
print(sum(map(int, lines[1].split())))
