# asserts: sorts and empties the list that it was given
def total(numbers):
    numbers.sort(reverse=True)
    result = 0
    while numbers:
        result += numbers.pop()
    return result
