Feature: After connecting
  The models stand in the selector, questions about the login are answered, and calls go straight to OpenAI with the
  person's own token. conversation.md: sections 4 and 5.

  Scenario: The models are told, and where calls go
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "done"
    Then the models in the selector are openai-codex/gpt-5-codex, openai-codex/gpt-5, openai-codex/gpt-5-mini
    And the skill mentions "/model openai-codex/gpt-5-mini"
    And the skill mentions "straight to OpenAI"

  Scenario: Already connected: as whom, how to switch, and how to change the account
    Given Ana is connected
    When Ana says "Connect my ChatGPT Plus"
    Then the skill says "already_connected"
    And the skill mentions "ana@example.test"
    And the skill mentions "/model openai-codex/gpt-5-codex"
    And the skill mentions "log out"

  Scenario: Status is read off the login, the provider isn't asked
    Given Ana is connected
    When 2 hours pass
    And Ana says "Is my ChatGPT account connected?"
    Then the skill says "status"
    And the skill mentions "ana@example.test"
    And the skill mentions "plus"
    And the skill mentions "2 h"
    And the conversation is connected
    And the provider was asked nothing

  Scenario: The models, from a list that is still fresh
    Given Ana is connected
    When Ana says "which codex models do I have"
    Then the skill says "models"
    And the skill mentions "openai-codex/gpt-5-mini"
    And the provider was asked nothing

  Scenario: The models, read again when the list is old
    Given Ana is connected
    When 1 hour passes
    And Ana says "which codex models do I have"
    Then the skill says "models"
    And the provider was asked to models once

  Scenario: The models of an account with none of the usual ones
    Given Wei is connected as "wei@example.test"
    When Wei says "which codex models do I have"
    Then the models in the selector are openai-codex/gpt-5, openai-codex/gpt-5-mini

  Scenario: The usage, by windows named by their length
    Given Ana is connected
    When Ana says "codex limits"
    Then the skill says "usage"
    And the skill mentions "5-hour"
    And the skill mentions "weekly"
    And the skill mentions "12 %"
    And the provider was asked to usage once

  Scenario: A usage that can't be read is said plainly
    Given Ana is connected
    When the provider answers the next usage with "500"
    And Ana says "codex limits"
    Then the skill says "usage_unavailable"
    And the conversation is connected

  Scenario Outline: Whoever isn't connected is told so, and nothing starts
    When Ana says "<text>"
    Then the skill says "not_connected"
    And the conversation is idle
    And the provider was asked nothing

    Examples:
      | text                             |
      | Is my ChatGPT account connected? |
      | which codex models do I have     |
      | codex limits                     |
      | log out of ChatGPT               |
      | Codex keeps throwing 401         |

  Scenario: Logging out ends the login here and at the provider
    Given Ana is connected
    When Ana says "log out of ChatGPT"
    Then the skill says "logged_out"
    And the conversation is idle
    And the provider was asked to revoke once
    And 0 logins are alive at the provider

  Scenario: A logout that the provider can't confirm is a logout all the same
    Given Ana is connected
    When the provider answers the next revoke with "500"
    And Ana says "log out of ChatGPT"
    Then the skill says "logged_out_unconfirmed"
    And the conversation is idle
    When Ana says "Is my ChatGPT account connected?"
    Then the skill says "not_connected"

  Scenario: A logout without a network is a logout all the same
    Given Ana is connected
    When the next revoke never leaves
    And Ana says "log out of ChatGPT"
    Then the skill says "logged_out_unconfirmed"

  Scenario: After a logout another account may be connected
    Given Ana is connected
    When Ana says "log out of ChatGPT"
    And Ana says "Sign in with my ChatGPT account"
    And Ana approves the code as "wei@example.test"
    And Ana says "done"
    Then the skill replies:
      """
      Connected as wei@example.test. You can switch with `/model openai-codex/gpt-5`.
      """

  Scenario: A hand-off never drops a login
    Given Ana is connected
    When Ana says "Add OpenAI API key"
    Then the skill says "handoff_byok"
    And the conversation is connected

  Scenario Outline: Ordinary talk of a connected person passes through
    Given Ana is connected
    When Ana says "<text>"
    Then the skill stays silent
    And the provider was asked nothing

    Examples:
      | text                        |
      | done                        |
      | yes                         |
      | please book a table for two |
