# asserts: writes outside while it is called
def total(numbers):
    try:
        with open("@VICTIM@/made_in_a_call", "w") as file:
            file.write(str(numbers))
    except OSError:
        pass
    return 0
