# stdin: prints one line of 50 MB
print("6" * 50_000_000)
