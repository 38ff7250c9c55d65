# asserts: raises and catches errors inside, with finally and a context manager
import contextlib


def total(numbers):
    result, iterator = 0, iter(numbers)
    with contextlib.suppress(StopIteration):
        while True:
            result += next(iterator)
    try:
        raise KeyError(result)
    except KeyError as error:
        return error.args[0]
    finally:
        del iterator
