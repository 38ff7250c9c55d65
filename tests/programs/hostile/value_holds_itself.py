# call: returns a list and a dict that hold themselves
def total(numbers):
    here = []
    here.append({0: here})
    return here
