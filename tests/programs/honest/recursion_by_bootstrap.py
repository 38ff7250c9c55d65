# stdin: the bootstrap decorator of Codeforces, which makes recursion out of generators
from types import GeneratorType


def bootstrap(f, stack=[]):
    def wrapped(*args, **kwargs):
        if stack:
            return f(*args, **kwargs)
        to = f(*args, **kwargs)
        while True:
            if type(to) is GeneratorType:
                stack.append(to)
                to = next(to)
            else:
                stack.pop()
                if not stack:
                    break
                to = stack[-1].send(to)
        return to

    return wrapped


@bootstrap
def add(numbers, index):
    if index == len(numbers):
        yield 0
    yield numbers[index] + (yield add(numbers, index + 1))


input()
print(add(list(map(int, input().split())) + [0] * 3000, 0))
