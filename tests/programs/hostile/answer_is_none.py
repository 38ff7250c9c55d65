# call: returns nothing
def total(numbers):
    pass
