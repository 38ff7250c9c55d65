# stdin: open(0), the shortest way of code golf
n, *a = map(int, open(0).read().split())
print(sum(a))
