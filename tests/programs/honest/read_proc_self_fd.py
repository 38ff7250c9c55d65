# stdin: numpy's loadtxt and fromstring habit of naming the descriptor in /proc
with open("/proc/self/fd/0") as file:
    print(sum([int(word) for word in file.read().split()][1:]))
