# stdin: iter(input, "") until an empty line or the end
words = []
try:
    for line in iter(input, ""):
        words.extend(line.split())
except EOFError:
    pass
print(sum(int(word) for word in words[1:]))
