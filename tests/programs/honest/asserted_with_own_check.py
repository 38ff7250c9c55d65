# asserts: brings examples of its own under the main guard, and a function called check
def check(candidate):
    assert candidate([]) == 0


def total(numbers):
    return sum(numbers)


if __name__ == "__main__":
    check(total)
