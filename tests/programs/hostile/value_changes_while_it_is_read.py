# call: returns a dict whose size changes while it is read, through a key that adds keys
class Key:
    def __init__(self, home):
        self.home = home

    def __hash__(self):
        self.home[len(self.home)] = 0
        return 0


def total(numbers):
    home = {}
    home[Key(home)] = {Key(home): 0}
    return home
