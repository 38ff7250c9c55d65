# call: names of math, collections, heapq, bisect, itertools and functools without imports, and pow with three arguments
class Solution:
    def total(self, numbers: List[int]) -> int:
        heap = list(numbers)
        heapify(heap)
        assert pow(3, 5, 7) == 5 and gcd(6, 4) == 2 and inf > 1 and bisect_left([1, 2], 2) == 1
        assert floor(sqrt(9)) == 3 and Counter("aa")["a"] == 2 and deque([1])[0] == 1
        return reduce(lambda a, b: a + b, accumulate([heappop(heap)])) + sum(heap) + math.floor(log2(1))
