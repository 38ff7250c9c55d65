# stdin: makes 20,000 files
import os

for number in range(20_000):
    try:
        os.close(os.open(f"@VICTIM@/many_{number}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        break
print(0)
