Feature: Show the code
  The page and the code are two labelled fields, worded exactly like this; the code is never part of an address.
  conversation.md: sections 2 (rule 3) and 4.

  Scenario: The code is shown in English
    When Ana says "Sign in with my ChatGPT account"
    Then the skill replies:
      """
      Open this URL in your browser:
        https://auth.openai.com/codex/device
      And enter this code:
        {user_code}
      """
    And the conversation is awaiting_confirm
    And the provider was asked to start once

  Scenario: The code is shown in Chinese
    When Wei says "使用我的Codex订阅"
    Then the skill replies:
      """
      在浏览器中打开此链接:
        https://auth.openai.com/codex/device
      并输入此验证码:
        {user_code}
      """
    And the conversation is awaiting_confirm
    And the provider was asked to start once

  Scenario: Beside it stands how long it is valid, whom it is for, and what to say next
    When Ana says "Sign in with my ChatGPT account"
    Then the skill mentions "15 min"
    And the skill mentions "never pass it on"
    And the skill mentions "done"

  Scenario: A code that the provider lets run out sooner is said to
    Given the provider answers the next start with "short-life" (seconds: 300)
    When Ana says "Sign in with my ChatGPT account"
    Then the skill mentions "5 min"

  Scenario: Shown again, it says how long is left
    Given Ana has been shown a code
    When 5 minutes pass
    And Ana says "I lost the link"
    Then the skill says "display"
    And the skill mentions "10 min"
    And the provider was asked nothing

  Scenario: No address out of the provider's answer reaches the chat
    Given the provider answers the next start with "link-elsewhere"
    When Ana says "Sign in with my ChatGPT account"
    Then the skill replies:
      """
      Open this URL in your browser:
        https://auth.openai.com/codex/device
      And enter this code:
        {user_code}
      """

  Scenario Outline: A hostile code is refused, never shown
    Given the provider answers the next start with "<answer>"
    When Ana says "Sign in with my ChatGPT account"
    Then the skill says "start_provider"
    And the conversation is failed
    And the skill doesn't mention "http"

    Examples:
      | answer       |
      | link-in-code |
      | bidi-code    |
      | long-code    |
      | no-code      |

  Scenario: A person who asks again is shown the same code
    Given Ana has been shown a code
    When Ana says "Sign in with my ChatGPT account"
    Then the skill says "display"
    And the provider was asked nothing

  Scenario Outline: "A new code" is a new code
    Given Ana has been shown a code
    When Ana says "<text>"
    Then the skill says "display"
    And the provider was asked to start once

    Examples:
      | text               |
      | give me a new code |
      | the code expired   |

  Scenario: "Show it again" is a new code once the old one ran out
    Given Ana has been shown a code
    When 15 minutes pass
    And Ana says "show me the code again"
    Then the skill says "display"
    And the provider was asked to start once
