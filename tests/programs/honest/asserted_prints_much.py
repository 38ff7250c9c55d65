# asserts: prints more than a pipe holds while it computes
def total(numbers):
    for number in range(20_000):
        print("step", number)
    return sum(numbers)
