# call: writes replies that a careless reader breaks at: a complex number out of range, brackets without end
import os


def total(numbers):
    if len(numbers) == 3:
        os.write(3, b'{"result": {"complex": [1%s, 0]}}' % (b"0" * 400))
    else:
        os.write(3, b"[" * 60_000)
    os._exit(0)
