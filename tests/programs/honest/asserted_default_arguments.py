# asserts: default arguments and keyword-only ones
def total(numbers, start=0, *, scale=1):
    return scale * sum(numbers, start)
