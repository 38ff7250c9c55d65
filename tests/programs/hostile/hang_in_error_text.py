# asserts: raises an error whose text takes for ever
class Slow(Exception):
    def __str__(self):
        while True:
            pass


def total(numbers):
    raise Slow
