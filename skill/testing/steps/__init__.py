"""The steps of `features/`, for the features of any project that uses the skill (pytest-bdd).

    # test_features.py                          # sign_in.feature, with English or Chinese keywords
    from pytest_bdd import scenarios            #   Given Ana has been shown a code
                                                #   When Ana approves the code
    pytest_plugins = ["skill.testing.steps"]    #   And Ana says "done"
    scenarios(".")                              #   Then the skill says "connected"

A small vocabulary over one `Stage`; STEPS.md beside this folder lists it. Plain functions: pytest-bdd never awaits, so
whatever waits is run on the stage's loop. Counts of what the provider and the store were asked begin after `Given`.
"""

pytest_plugins = [
    "skill.testing.steps.scene",
    "skill.testing.steps.people",
    "skill.testing.steps.world",
    "skill.testing.steps.agent",
    "skill.testing.steps.said",
    "skill.testing.steps.asked",
]
