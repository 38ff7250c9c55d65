# stdin: writes NUL and bytes that are no UTF-8 around the digits, to upset decoding
import sys

sys.stdout.buffer.write(b"\xff\xfe6\x00\xc3\x28\n\x006\n\xed\xa0\x80")
