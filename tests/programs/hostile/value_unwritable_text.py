# call: returns texts that cannot be written as UTF-8
def total(numbers):
    return "\ud800\udfff\x00" if len(numbers) == 3 else {"\udcff": "\ud800"}
