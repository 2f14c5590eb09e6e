"""A logout overtakes the answers of its person that are underway (`skill/answers.py`)."""

from skill.answers import Answers


def test_a_logout_overtakes_what_is_underway_for_its_person_and_nothing_else() -> None:
    answers = Answers()
    with answers.underway("ana") as first, answers.underway("wei") as other, answers.underway("ana") as logout:
        logout.overtake()
        assert (first.overtaken, other.overtaken, logout.overtaken) == (True, False, False)


def test_an_answer_stays_underway_though_another_one_leaves() -> None:
    answers = Answers()
    with answers.underway("ana") as first:
        with answers.underway("ana") as left:
            pass
        with answers.underway("ana") as logout:
            logout.overtake()
        assert (first.overtaken, left.overtaken) == (True, False)


def test_what_comes_after_a_logout_is_not_overtaken() -> None:
    answers = Answers()
    with answers.underway("ana") as logout:
        logout.overtake()
        with answers.underway("ana") as later:
            assert not later.overtaken
