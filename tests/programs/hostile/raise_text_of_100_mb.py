# asserts: raises an error with a text of 100 MB
def total(numbers):
    raise ValueError("x" * 100_000_000)
