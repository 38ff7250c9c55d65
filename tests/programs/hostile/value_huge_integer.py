# call: returns an integer of 30 million digits
def total(numbers):
    return 1 << 100_000_000
