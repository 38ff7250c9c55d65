# stdin: writes single bytes as fast as it can, to keep the reader busy
import os

while True:
    os.write(1, b" ")
