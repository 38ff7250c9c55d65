# call: class Solution with a trial run, asserts and prints after it
class Solution(object):
    def total(self, numbers):
        """
        :type numbers: List[int]
        :rtype: int
        """
        return sum(numbers)


s = Solution()
print(s.total([1, 2, 3]))
assert s.total([]) == 0
