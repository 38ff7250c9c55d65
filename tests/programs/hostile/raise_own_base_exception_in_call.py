# call: raises a BaseException of its own whose text and name cannot be had
class Slippery(BaseException):
    def __str__(self):
        raise Slippery

    __repr__ = __str__


def total(numbers):
    raise Slippery
