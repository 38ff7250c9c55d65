# stdin: allocates and touches 8 GB
blocks = []
try:
    for _ in range(80):
        blocks.append(b"x" * 100_000_000)
except BaseException:
    blocks = []
print(0)
