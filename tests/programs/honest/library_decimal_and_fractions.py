# stdin: exact arithmetic with decimal and fractions
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 50
input()
words = input().split()
assert sum(map(Decimal, words)) == sum(Fraction(word) for word in words)
print(sum(map(Fraction, words)))
