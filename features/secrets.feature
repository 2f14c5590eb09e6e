Feature: Secrets
  Tokens, device ids, authorization codes and pasted keys appear in no reply, log, repr or file; the user code only in
  the message that shows it. (Every scenario of every feature is searched for secrets when it ends.)
  conversation.md: section 2 (rule 6) and section 3 (hand-off). trust.md: section 3.

  Scenario: A whole life of a login
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "where do I type this?"
    And Ana says "done"
    And Ana declines the code
    And Ana says "done"
    And Ana approves the code
    And Ana says "done"
    And Ana says "which codex models do I have"
    And Ana says "codex limits"
    And the provider invalidates the login of "ana@example.test"
    And a model is called with Ana's subscription
    And Ana says "Is my ChatGPT account connected?"
    And Ana says "log out of ChatGPT"
    Then the skill says "logged_out"
    And no secret got out

  Scenario Outline: Answers that carry secrets where none belong
    When Ana says "Sign in with my ChatGPT account"
    And the provider answers the next <endpoint> with "<answer>"
    And Ana approves the code
    And Ana says "done"
    Then no secret got out

    Examples:
      | endpoint | answer          |
      | poll     | no-verifier     |
      | poll     | 200-types       |
      | poll     | extra           |
      | exchange | no-access-token |
      | exchange | broken-id-token |
      | exchange | odd-claims      |
      | exchange | drop            |
      | models   | 200-broken      |

  Scenario: A crash in the middle of an exchange leaves no secret lying about
    Given Ana has been shown a code
    And the next exchange ends in a crash
    When Ana approves the code
    And Ana says "done"
    And the skill is restarted
    And 31 seconds pass
    And Ana says "done"
    Then the skill says "interrupted"
    And no secret got out

  Scenario Outline: The user code stands in the message that shows it alone
    Given Ana has been shown a code
    When Ana says "<text>"
    Then the skill doesn't mention "{user_code}"

    Examples:
      | text                         |
      | not yet                      |
      | done                         |
      | status of my Codex login pls |
      | cancel                       |

  Scenario: A pasted key is never echoed, and the message is to be kept from logs and models
    When Ana says "Add OpenAI API key sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"
    Then the skill says "secret_seen" and "handoff_byok"
    And the message is marked as sensitive
    And "sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE" is nowhere to be found

  Scenario: A key pasted while the code is on screen drops the flow
    Given Ana has been shown a code
    When Ana says "use this instead: sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"
    Then the skill says "secret_seen" and "handoff_byok"
    And the message is marked as sensitive
    And the conversation is idle
    And "sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE" is nowhere to be found

  Scenario: A key pasted as the answer to our question
    When Ana says "Add the OpenAI model"
    And Ana says "sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"
    Then the skill says "secret_seen" and "handoff_byok"
    And the message is marked as sensitive
    And "sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE" is nowhere to be found

  Scenario: Another vendor's key goes to the other skill
    When Ana says "add my claude key sk-ant-api03-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"
    Then the skill says "secret_seen" and "handoff_other_vendor"
    And the message is marked as sensitive
    And "sk-ant-api03-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE" is nowhere to be found

  Scenario: The warning speaks Chinese to whoever speaks Chinese
    When Wei says "添加OpenAI API密钥 sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"
    Then the skill says "secret_seen" and "handoff_byok" in Chinese
    And the message is marked as sensitive
