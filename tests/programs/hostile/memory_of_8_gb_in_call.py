# call: asks for one block of 8 GB and lets the error through
def total(numbers):
    return len(bytearray(8 << 30)) * 0
