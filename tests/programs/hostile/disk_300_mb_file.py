# stdin: writes a file of 300 MB, outside and in the current folder
for path in ("@VICTIM@/made_300_mb", "made_300_mb"):
    try:
        with open(path, "wb") as file:
            for _ in range(30):
                file.write(bytes(10_000_000))
    except OSError:
        pass
print(0)
