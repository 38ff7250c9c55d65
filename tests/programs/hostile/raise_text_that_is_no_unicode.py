# asserts: raises an error whose text holds lone surrogates and a NUL, to break whoever writes it down
def total(numbers):
    raise ValueError("\ud800\x00\udfff" * 50)
