# stdin: eval and exec on lines of input
n = eval(input())
exec("numbers = [" + input().replace(" ", ",") + "]")
print(sum(numbers))
