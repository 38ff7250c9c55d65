# stdin: prints a second answer from an exit handler, and a third from a handler registered by the second
import atexit


def again():
    print(6)
    atexit.register(print, 30)


print(0)
atexit.register(again)
