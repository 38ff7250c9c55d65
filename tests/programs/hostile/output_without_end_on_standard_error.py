# stdin: writes to standard error for ever, swallowing every error
import os

while True:
    try:
        os.write(2, b"nothing to see here\n" * 3000)
    except BaseException:
        pass
