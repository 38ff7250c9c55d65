# stdin: answers, and then never leaves its exit handler
import atexit


def stay():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


atexit.register(stay)
print(0)
