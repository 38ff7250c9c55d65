# stdin: comments and names outside ASCII: größe, 合計, ещё одна сумма
größe = int(input())
合計 = sum(map(int, input().split()))  # сумма всех чисел — 答え
π = "ответ"
print(合計 if π else größe)
