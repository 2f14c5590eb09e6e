Feature: Request
  Nothing starts unless a person asks for it in so many words; whoever is connected already is told so first.
  conversation.md: sections 1, 2 (rules 1, 4 and 7) and 3. intent-labels.md: section 1.

  Scenario Outline: An explicit request starts a sign-in
    When Ana says "<text>"
    Then the skill says "display"
    And the conversation is awaiting_confirm
    And the provider was asked to start once

    Examples:
      | text                              |
      | Sign in with my ChatGPT account   |
      | Use my Codex subscription         |
      | Connect my ChatGPT Plus           |
      | Login with OpenAI                 |
      | I want to use ChatGPT             |
      | 使用我的ChatGPT账户登录           |
      | 连接我的ChatGPT团队版             |
      | 我想使用ChatGPT                   |

  Scenario Outline: Ordinary talk passes through, and nobody is asked anything
    When Ana says "<text>"
    Then the skill stays silent
    And the provider was asked nothing
    And the store was asked nothing

    Examples:
      | text                                         |
      | please book a table for two                  |
      | Use ChatGPT to write me a poem               |
      | I used to have ChatGPT Plus                  |
      | my boss has ChatGPT Team                     |
      | Translate: "Sign in with my ChatGPT account" |

  Scenario Outline: A refusal passes through
    When Ana says "<text>"
    Then the skill stays silent
    And the provider was asked nothing

    Examples:
      | text                                 |
      | Don't connect my ChatGPT account     |
      | I do not want to log in with OpenAI  |
      | don't sign me in                     |

  Scenario Outline: Names alone start nothing, they bring a question
    When Ana says "<text>"
    Then the skill says "ask"
    And the conversation is clarifying
    And the provider was asked nothing

    Examples:
      | text                 |
      | Add the OpenAI model |
      | gpt-5-codex          |
      | I want to use Codex  |
      | 添加OpenAI模型       |

  Scenario Outline: A question about it starts nothing either
    When Ana says "<text>"
    Then the skill says "ask"
    And the provider was asked nothing

    Examples:
      | text                                                |
      | How do I connect my ChatGPT Plus?                   |
      | Is it possible to use my Codex subscription here?   |
      | What happens if I sign in with ChatGPT?             |

  Scenario: Whoever is connected is told so, and nothing is started
    Given Ana is connected
    When Ana says "Sign in with my ChatGPT account"
    Then the skill says "already_connected"
    And the conversation is connected
    And the provider was asked nothing

  Scenario: A connected person's vague wish gets the models, not a question
    Given Ana is connected
    When Ana says "Add the OpenAI model"
    Then the skill says "choose_model"
    And the conversation is connected
    And the provider was asked nothing

  Scenario: A connected person's request is answered the same in every chat
    Given Ana is connected
    When Ana says "Use my Codex subscription" in another chat
    Then the skill says "already_connected"
    And the provider was asked nothing

  Scenario: A login that is known to be dead doesn't count
    Given Ana is connected
    And the provider ends the login of "ana@example.test"
    When Ana says "my ChatGPT connection stopped working"
    Then the skill says "display"
    And the skill adds the note "login_restarted"
    And the provider was asked to start once

  Scenario: Without a user id nothing is started
    When Ana says "Sign in with my ChatGPT account" in a message without a user
    Then the skill says "no_identity"
    And the provider was asked nothing
    And the store was asked nothing

  Scenario: Without a message id a sign-in may be asked for
    When Ana says "Sign in with my ChatGPT account" in a message without an id
    Then the skill says "display"

  Scenario Outline: What a person didn't write themselves is not a request
    When Ana says "Sign in with my ChatGPT account" <how>
    Then the skill stays silent
    And the provider was asked nothing
    And the store was asked nothing

    Examples:
      | how                    |
      | in an edited message   |
      | in a forwarded message |
      | in a bot's message     |

  Scenario: Commands are the host's
    When Ana says "/model openai-codex/gpt-5-codex"
    Then the skill stays silent
    And the store was asked nothing

  Scenario: A command that reads like a request is the host's all the same
    When Ana says "/sign in with my ChatGPT account"
    Then the skill stays silent
    And the store was asked nothing

  Scenario: Ten sign-ins an hour, and the limit is checked before the provider is asked
    Given the operator has set starts_per_hour to 2
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "give me a new code"
    And 10 minutes pass
    And Ana says "give me a new code"
    Then the skill replies:
      """
      Too many sign-ins were started. Say "try again" in 50 min.
      """
    And the conversation is failed
    And the provider was asked to start twice

  Scenario: Ten starts an hour are the default
    Given Ana has been shown a code
    When Ana says "give me a new code" 9 times
    Then the skill says "display"
    When Ana says "give me a new code"
    Then the skill says "start_limit"
    And the provider was asked to start 9 times

  Scenario: Thirty starts a day are the default
    Given the operator has set starts_per_hour to 100
    And Ana has been shown a code
    When Ana says "give me a new code" 29 times
    Then the skill says "display"
    When Ana says "give me a new code"
    Then the skill says "start_limit"
    When 24 hours pass
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "display"

  Scenario: When the hour is over a sign-in may be tried again
    Given the operator has set starts_per_hour to 1
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "give me a new code"
    Then the skill says "start_limit"
    When 60 minutes pass
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "display"
    And the provider was asked to start twice

  Scenario: One person's limit is not another's
    Given the operator has set starts_per_hour to 1
    And Ana has been shown a code
    When Ben says "Sign in with my ChatGPT account"
    Then the skill says "display"

  Scenario: A message too long to be judged whole starts nothing
    When Ana says "Sign in with my ChatGPT account" in a message of 40000 characters
    Then the provider was asked nothing
