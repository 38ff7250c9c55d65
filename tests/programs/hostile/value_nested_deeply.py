# call: returns a list nested a hundred thousand times
def total(numbers):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested
