Feature: Shared room
  Where others can read, there is one pointer to a private chat: no code, no e-mail, no call and nothing stored. A room
  of unknown kind is not private. conversation.md: section 2 (rule 5). trust.md: section 3.

  Scenario Outline: Every request of ours gets a pointer to a private chat
    When Ana says "<text>" in a shared room
    Then the skill says "private"
    And the provider was asked nothing
    And the store was asked nothing

    Examples:
      | text                             |
      | Sign in with my ChatGPT account  |
      | Add the OpenAI model             |
      | Is my ChatGPT account connected? |
      | which codex models do I have     |
      | codex limits                     |
      | log out of ChatGPT               |
      | Codex keeps throwing 401         |
      | 使用我的Codex订阅                |

  Scenario: A connected person's e-mail isn't told there
    Given Ana is connected
    When Ana says "Is my ChatGPT account connected?" in a shared room
    Then the skill says "private"
    And the skill doesn't mention "ana@example.test"
    And the provider was asked nothing
    And the store was asked nothing

  Scenario: Logging out there does nothing
    Given Ana is connected
    When Ana says "log out of ChatGPT" in a shared room
    Then the skill says "private"
    And the provider was asked nothing
    When Ana says "Is my ChatGPT account connected?"
    Then the skill says "status"

  Scenario Outline: Hand-offs are the same everywhere
    When Ana says "<text>" in a shared room
    Then the skill says "<told>"
    And "<skill>" takes over
    And the store was asked nothing

    Examples:
      | text                | told                 | skill             |
      | Add OpenAI API key  | handoff_byok         | byok-custom-model |
      | Sign in with Google | handoff_other_vendor | custom_models     |

  Scenario: A pasted key is warned about there too
    When Ana says "my OpenAI key is sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE" in a shared room
    Then the skill says "secret_seen" and "handoff_byok"
    And the message is marked as sensitive
    And the skill doesn't mention "sk-proj-"
    And the store was asked nothing

  Scenario Outline: Answers pass through there
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "<text>" in a shared room
    Then the skill stays silent
    And the provider was asked nothing
    And the store was asked nothing

    Examples:
      | text                  |
      | done                  |
      | yes                   |
      | cancel                |
      | show me the code again |

  Scenario: A code on screen in the private chat outlives what is said in a room
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "cancel" in a shared room
    And Ana says "done"
    Then the skill says "connected"

  Scenario: Ordinary talk in a room passes through
    When Ana says "please book a table for two" in a shared room
    Then the skill stays silent
