Feature: Clarify
  A wish that doesn't say which way gets one question: OAuth or BYOK? It waits five minutes, and doubt never starts.
  conversation.md: sections 1 and 2 (rule 7). intent-labels.md: section 2, clarifying.

  Background:
    When Ana says "Add the OpenAI model"

  Scenario Outline: Choosing the subscription starts the sign-in
    When Ana says "<text>"
    Then the skill says "display"
    And the conversation is awaiting_confirm
    And the provider was asked to start once

    Examples:
      | text                            |
      | subscription                    |
      | oauth                           |
      | the first one                   |
      | 1                               |
      | my Plus plan                    |
      | 订阅                            |
      | Sign in with my ChatGPT account |

  Scenario Outline: Choosing the key hands over
    When Ana says "<text>"
    Then the skill says "handoff_byok"
    And "byok-custom-model" takes over
    And the conversation is idle
    And the provider was asked nothing

    Examples:
      | text               |
      | api key            |
      | 2                  |
      | 密钥               |
      | Add OpenAI API key |

  Scenario Outline: An answer that doesn't choose is asked again
    When Ana says "<text>"
    Then the skill says "ask_again"
    And the conversation is clarifying
    And the provider was asked nothing

    Examples:
      | text                   |
      | yes                    |
      | ok                     |
      | 好                     |
      | what's the difference? |
      | Add the OpenAI model   |

  Scenario Outline: Neither is an answer
    When Ana says "<text>"
    Then the skill says "left_alone"
    And the conversation is idle
    And the provider was asked nothing

    Examples:
      | text      |
      | neither   |
      | 算了      |

  Scenario: Another vendor hands over
    When Ana says "Sign in with Google"
    Then the skill says "handoff_other_vendor"
    And the conversation is idle

  Scenario: After five minutes the question has lapsed
    When 5 minutes pass
    And Ana says "subscription"
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: Just before that it still stands
    When 299 seconds pass
    And Ana says "subscription"
    Then the skill says "display"

  Scenario: Just before that a weak word chooses
    When 119 seconds pass
    And Ana says "1"
    Then the skill says "display"

  Scenario: The question was asked of one person in one chat
    When Ben says "subscription" in a chat with Ana
    Then the skill stays silent
    When Ana says "subscription" in another chat
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: A question that was asked outlives a restart
    When the skill is restarted
    And Ana says "subscription"
    Then the skill says "display"

  Scenario: A request to log out acts as from idle
    When Ana says "log out of ChatGPT"
    Then the skill says "not_connected"
    And the conversation is idle

  Scenario: Unrelated talk passes through
    When Ana says "please book a table for two"
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: A question about the login is answered, and ours lapses
    When Ana says "Is my ChatGPT account connected?"
    Then the skill says "not_connected"
    And the conversation is idle

  Scenario: Anything else passes through
    When Ana says "what's the weather"
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: Being asked again gives it five more minutes
    When 4 minutes pass
    And Ana says "what's the difference?"
    And 4 minutes pass
    And Ana says "subscription"
    Then the skill says "display"

  Scenario: A weak word counts for two minutes
    When 2 minutes pass
    And Ana says "1"
    Then the skill stays silent
    And the provider was asked nothing
