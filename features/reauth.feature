Feature: Reauth
  Tokens refresh by themselves. A login that broke is refreshed; one that is dead is removed, and a new sign-in starts
  only for the person who reports it; else it is offered. conversation.md: section 6.

  Scenario: A report of a 401 refreshes the login
    Given Ana is connected
    When the provider invalidates the login of "ana@example.test"
    And Ana says "Codex keeps throwing 401"
    Then the skill says "login_refreshed"
    And the conversation is connected
    And the provider was asked to refresh once
    And the provider was asked to start never

  Scenario Outline: Temporary trouble keeps the login, and says so
    Given Ana is connected
    When the provider answers the next refresh with "<answer>"
    And Ana says "Codex keeps throwing 401"
    Then the skill says "login_kept"
    And the conversation is connected
    And the provider was asked to refresh once
    When Ana says "Is my ChatGPT account connected?"
    Then the skill says "status"

    Examples:
      | answer     |
      | 500        |
      | 429        |
      | 403-html   |
      | 403-region |
      | 200-broken |

  Scenario Outline: Refused for good: removed, and started again in the same turn
    Given Ana is connected
    When the provider answers the next refresh with "<answer>"
    And Ana says "my ChatGPT connection stopped working"
    Then the skill replies:
      """
      Open this URL in your browser:
        https://auth.openai.com/codex/device
      And enter this code:
        {user_code}
      """
    And the skill adds the note "login_restarted"
    And the conversation is awaiting_confirm
    And the provider was asked to start once
    When Ana approves the code
    And Ana says "done"
    Then the skill says "connected"

    Examples:
      | answer          |
      | expired-401     |
      | invalidated-400 |
      | invalid-grant   |

  Scenario: A model call refreshes by itself
    Given Ana is connected
    When the provider invalidates the login of "ana@example.test"
    And a model is called with Ana's subscription
    Then the provider was asked to refresh once
    And the provider was asked to responses twice
    When Ana says "Is my ChatGPT account connected?"
    Then the skill says "status"

  Scenario: A token about to expire is refreshed ahead of a model call
    Given Ana is connected
    When 10 days pass
    And a model is called with Ana's subscription
    Then the provider was asked to refresh once
    And the provider was asked to responses once

  Scenario: A login that a model call found dead is offered anew, once, and nothing starts
    Given Ana is connected
    When the provider ends the login of "ana@example.test"
    And a model is called with Ana's subscription
    Then the provider was asked to start never
    When Ana says "Add OpenAI API key"
    Then the skill says "handoff_byok"
    And the skill adds the note "relogin_offer"
    And the conversation is failed
    And the provider was asked to start never
    When Ana says "Add OpenAI API key"
    Then the skill adds no note "relogin_offer"

  Scenario: Saying yes to the offer starts the new sign-in
    Given Ana is connected
    When the provider ends the login of "ana@example.test"
    And a model is called with Ana's subscription
    And Ana says "Add OpenAI API key"
    And Ana says "yes, sign me in again"
    Then the skill says "display"
    And the provider was asked to start once

  Scenario Outline: A word that would start counts for two minutes after the offer
    Given Ana is connected
    When the provider ends the login of "ana@example.test"
    And a model is called with Ana's subscription
    And Ana says "Which ChatGPT models do I have?"
    Then the skill adds the note "relogin_offer"
    And the conversation is failed
    When <time> pass
    And Ana says "yes"
    Then the provider was asked to start <times>

    Examples:
      | time        | times |
      | 119 seconds | once  |
      | 121 seconds | never |

  Scenario: A report of a login that is dead already starts at once
    Given Ana is connected
    When the provider ends the login of "ana@example.test"
    And a model is called with Ana's subscription
    And Ana says "Codex keeps throwing 401"
    Then the skill says "display"
    And the provider was asked to start once

  Scenario: A login known to be dead doesn't stand in the way of a request
    Given Ana is connected
    When the provider ends the login of "ana@example.test"
    And a model is called with Ana's subscription
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "display"
    And the provider was asked to start once

  Scenario: Never connected: nothing starts
    When Ana says "my ChatGPT connection stopped working"
    Then the skill says "not_connected"
    And the provider was asked nothing
