# stdin: one call into C that takes longer than the age of the universe and never looks for signals
print(len(str(7**7**9)))
