# stdin: random numbers seeded by the time, shuffles, tokens and identifiers
import random
import secrets
import time
import uuid

random.seed(time.time())
input()
numbers = list(map(int, input().split()))
for _ in range(10):
    random.shuffle(numbers)
assert random.SystemRandom().random() < 1 and len(secrets.token_bytes(8)) == 8 and uuid.uuid4().version == 4
print(sum(numbers))
