Feature: Hand-off
  Keys and other vendors belong to the neighbouring skills: one sentence says which takes over, and the runtime gives
  it the message, unless the message carries a key. conversation.md: section 3. intent-labels.md: section 1.

  Scenario Outline: Keys go to byok-custom-model
    When Ana says "<text>"
    Then the skill says "handoff_byok"
    And "byok-custom-model" takes over
    And the conversation is idle
    And the provider was asked nothing

    Examples:
      | text                               |
      | Add OpenAI API key                 |
      | I have an OpenAI key               |
      | Log in to OpenAI with my API key   |
      | not my subscription, use my API key |
      | 添加OpenAI API密钥                 |

  Scenario Outline: Other vendors go to custom_models
    When Ana says "<text>"
    Then the skill says "handoff_other_vendor"
    And "custom_models" takes over
    And the provider was asked nothing

    Examples:
      | text                               |
      | Sign in with Google                |
      | connect my Claude Pro subscription |

  Scenario Outline: Where no such skill exists, the sentence says how to go on
    Given the operator has set handoffs to []
    When Ana says "<text>"
    Then the skill says "<told>"
    And "nobody" takes over
    And the provider was asked nothing

    Examples:
      | text                | told                       |
      | Add OpenAI API key  | handoff_byok_alone         |
      | Sign in with Google | handoff_other_vendor_alone |

  Scenario: Only the skills that exist are named
    Given the operator has set handoffs to [custom_models]
    When Ana says "Sign in with Google"
    Then "custom_models" takes over
    When Ana says "Add OpenAI API key"
    Then "nobody" takes over

  Scenario: A message with a key is not handed on
    When Ana says "Add OpenAI API key sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"
    Then the message is marked as sensitive

  Scenario: Choosing the key after our question hands over
    When Ana says "Add the OpenAI model"
    And Ana says "api key"
    Then the skill says "handoff_byok"
    And "byok-custom-model" takes over

  Scenario: A hand-off drops a flow, whose code is worth nothing then
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "Add OpenAI API key"
    Then the skill says "handoff_byok"
    And the conversation is idle
    When Ana says "done"
    Then the skill stays silent
    And the provider was asked nothing
