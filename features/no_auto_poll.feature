Feature: No automatic poll
  URL and code are on screen, and nothing happens until the person speaks. Polling by itself wastes calls, brings
  back stale answers, and blocks the turn that should show the code. conversation.md: section 2 (rules 2 and 7).

  Background:
    Given Ana has been shown a code

  Scenario: Nothing polls while the person is in the browser
    When Ana approves the code
    And 14 minutes pass
    Then the provider was asked nothing

  Scenario: A restart polls nothing
    When Ana approves the code
    And the skill is restarted
    And Ana says "what's the weather"
    Then the skill stays silent
    And the provider was asked nothing

  Scenario Outline: Not yet: no hurry, and no poll
    When Ana approves the code
    And Ana says "<text>"
    Then the skill says "not_yet"
    And the conversation is awaiting_confirm
    And the provider was asked nothing

    Examples:
      | text                     |
      | not yet                  |
      | wait                     |
      | still logging in         |
      | I'm not done             |
      | don't check yet          |
      | yes but give me a minute |
      | 还没好                   |
      | 没完成                   |

  Scenario Outline: A question is no confirmation
    When Ana approves the code
    And Ana says "<text>"
    Then the conversation is awaiting_confirm
    And the provider was asked nothing

    Examples:
      | text                           |
      | where do I type this?          |
      | what is this code for?         |
      | when I'm done, what happens?   |
      | it says the code is invalid    |

  Scenario Outline: Words about something else poll nothing
    When Ana approves the code
    And Ana says "<text>"
    Then the provider was asked nothing

    Examples:
      | text                               |
      | done?                              |
      | are you done?                      |
      | done with dinner, now where was I? |
      | what's the weather                 |

  Scenario: Unrelated talk passes through and the flow stays as it is
    When Ana says "by the way, summarise this file"
    Then the skill stays silent
    When Ana approves the code
    And Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll once

  Scenario: Help explains the two steps, with URL and code
    When Ana says "where do I type this?"
    Then the skill says "help"
    And the provider was asked nothing

  Scenario: Showing it again shows the same code
    When Ana says "show me the code again"
    Then the skill replies:
      """
      Open this URL in your browser:
        https://auth.openai.com/codex/device
      And enter this code:
        {user_code}
      """
    And the provider was asked nothing

  Scenario: A weak word counts for two minutes after our last text
    When Ana approves the code
    And 2 minutes pass
    And Ana says "yes"
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: Just before that it polls
    When Ana approves the code
    And 119 seconds pass
    And Ana says "yes"
    Then the skill says "connected"

  Scenario: A text of ours makes weak words count again
    When Ana approves the code
    And 5 minutes pass
    And Ana says "still logging in"
    And 1 minute passes
    And Ana says "yes"
    Then the skill says "connected"
    And the provider was asked to poll once

  Scenario: An explicit word counts while the flow lives
    When Ana approves the code
    And 14 minutes pass
    And Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll once

  Scenario: A message without an id can't confirm
    When Ana approves the code
    And Ana says "done" in a message without an id
    Then the skill says "say_again"
    And the conversation is awaiting_confirm
    And the provider was asked nothing

  Scenario: Nobody without a user id confirms
    When Ana approves the code
    And Ana says "done" in a message without a user
    Then the skill stays silent
    And the provider was asked nothing

  Scenario Outline: What Ana didn't write herself confirms nothing
    When Ana approves the code
    And Ana says "done" <how>
    Then the skill stays silent
    And the provider was asked nothing

    Examples:
      | how                    |
      | in an edited message   |
      | in a forwarded message |
      | in a bot's message     |

  Scenario: A "done" older than ten minutes doesn't poll
    When Ana approves the code
    And 12 minutes pass
    And Ana says "done" in a message sent 11 minutes ago
    Then the skill says "say_again"
    And the provider was asked nothing

  Scenario: A "done" ten minutes old still counts
    When Ana approves the code
    And 12 minutes pass
    And Ana says "done" in a message sent 10 minutes ago
    Then the skill says "connected"

  Scenario: A "done" sent before the code was shown doesn't poll
    When Ana approves the code
    And Ana says "done" in a message sent 5 seconds ago
    Then the skill says "say_again"
    And the provider was asked nothing

  Scenario: A "done" sent before the last poll was settled doesn't poll
    When 30 seconds pass
    And Ana says "done"
    And Ana says "done" in a message sent 5 seconds ago
    Then the skill says "say_again"
    And the provider was asked to poll once

  Scenario: A second person can't confirm
    When Ana approves the code
    And Ben says "done" in a chat with Ana
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: A "done" in another chat confirms nothing
    When Ana approves the code
    And Ana says "done" in another chat
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: A message too long to be judged whole confirms nothing
    When Ana approves the code
    And Ana says "I'm done" in a message of 40000 characters
    Then the provider was asked nothing
