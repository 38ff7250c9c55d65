# call: changes its arguments to values that no harness expects
def total(numbers):
    numbers[:] = [numbers, {1: numbers}, object(), lambda: 6]
    return 0
