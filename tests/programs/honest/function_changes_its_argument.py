# call: eats the list that it was given
def total(numbers):
    result = 0
    while numbers:
        result += numbers.pop()
    return result
