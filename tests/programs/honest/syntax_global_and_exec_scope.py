# stdin: globals used in functions, comprehensions and classes at the top level
n = int(input())
numbers = list(map(int, input().split()))
total = 0


class Adder:
    count = n
    values = [number for number in numbers]


def add(index):
    global total
    total += Adder.values[index]


[add(index) for index in range(Adder.count)]
globals()["answer"] = total
print(answer, vars().get("missing", ""))
