# call: class Solution with List and Optional and no import, as LeetCode allows
class Solution:
    def total(self, numbers: List[int]) -> Optional[int]:
        answer: Dict[str, int] = defaultdict(int)
        for number in numbers:
            answer["sum"] += number
        return answer["sum"]
