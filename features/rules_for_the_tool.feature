Feature: Rules for the tool
  The rules hold for whoever holds the tool: `start`, `poll` and `logout` each spend one intent, minted from the
  person's own message, good for ten minutes and for one call. Without one the provider hears nothing.
  conversation.md: sections 2 and 7. trust.md: section 3.

  Scenario: An agent drives a sign-in along the person's words
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    Then the skill stays silent
    And the provider was asked nothing
    When the agent calls start for Ana
    Then the tool answers:
      """
      ok: true
      verification_url: https://auth.openai.com/codex/device
      interval: 5
      expires_at: "2026-11-22T12:15:00+00:00"
      """
    And the provider was asked to start once
    When Ana approves the code
    And Ana says "done"
    Then the skill stays silent
    And the provider was asked to poll never
    When the agent calls poll for Ana
    Then the tool answers:
      """
      ok: true
      status: connected
      email: ana@example.test
      models: [openai-codex/gpt-5-codex, openai-codex/gpt-5, openai-codex/gpt-5-mini]
      """
    And the provider was asked to poll once

  Scenario Outline: Nobody asked: the tool refuses, whoever answers
    Given the operator has set answers to <who>
    When the agent calls <action> for Ana
    Then the tool answers:
      """
      ok: false
      error: <error>
      """
    And the provider was asked nothing

    Examples:
      | who   | action | error                 |
      | hook  | start  | request_required      |
      | hook  | poll   | confirmation_required |
      | hook  | logout | request_required      |
      | agent | start  | request_required      |
      | agent | poll   | confirmation_required |
      | agent | logout | request_required      |

  Scenario: With a code on screen the agent can't confirm by itself
    Given Ana has been shown a code
    When Ana approves the code
    And the agent calls poll for Ana
    Then the tool answers:
      """
      ok: false
      error: confirmation_required
      """
    And the provider was asked nothing

  Scenario: Where the hook answers, the turn has spent the intent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked to start once

  Scenario: One confirmation is one poll, for the agent too
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And Ana says "done"
    And the agent calls poll for Ana
    Then the tool answers:
      """
      ok: true
      status: pending
      """
    When Ana approves the code
    And the agent calls poll for Ana
    Then the tool answers:
      """
      ok: false
      error: confirmation_required
      """
    And the provider was asked to poll once

  Scenario: One request is one start
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked to start once

  Scenario: A "done" delivered eleven times is one confirmation
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And Ana says "done", delivered 11 times at once
    Then the skill stays silent
    When the agent calls poll for Ana
    And the message "done" is delivered again
    And the agent calls poll for Ana
    Then the tool answers:
      """
      ok: false
      error: confirmation_required
      """
    And the provider was asked to poll once

  Scenario Outline: An intent lasts ten minutes
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And <seconds> seconds pass
    And the agent calls start for Ana
    Then the tool answers:
      """
      ok: <ok>
      """

    Examples:
      | seconds | ok    |
      | 599     | true  |
      | 600     | false |

  Scenario: A confirmation dies with its code
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And Ana says "done"
    And Ana says "give me a new code"
    And the agent calls start for Ana
    And the agent calls poll for Ana
    Then the tool answers:
      """
      ok: false
      error: confirmation_required
      """
    And the provider was asked to poll never

  Scenario: A poll names the code that it is for
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And Ana says "done"
    And the agent calls poll for Ana with pending_id "some-other-id"
    Then the tool answers:
      """
      ok: false
      error: unknown_pending_id
      """
    And the provider was asked to poll never

  Scenario: Another person's words are not this person's
    Given the operator has set answers to agent
    When Ben says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked nothing

  Scenario: Words in another chat count there
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account" in another chat
    And the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked nothing

  Scenario Outline: A forged confirmation mints nothing
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And Ana says "done" <how>
    And the agent calls poll for Ana
    Then the tool answers:
      """
      ok: false
      error: confirmation_required
      """
    And the provider was asked to poll never

    Examples:
      | how                           |
      | in an edited message          |
      | in a forwarded message        |
      | in a bot's message            |
      | in a message without an id    |
      | in a message without a user   |
      | in a shared room              |
      | in another chat               |
      | in a message sent 5 seconds ago |

  Scenario Outline: Quoted words mint nothing unless the operator allows it
    When the agent calls start for Ana with user_message "<words>"
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked nothing

    Examples:
      | words                           |
      | Sign in with my ChatGPT account |
      | 使用我的Codex订阅               |

  Scenario: Where the operator allows it, quoted words are judged like any others
    Given the operator has set trust_quoted_words to true
    When the agent calls start for Ana with user_message "Sign in with my ChatGPT account"
    Then the tool answers:
      """
      ok: true
      """
    When Ana approves the code
    And the agent calls poll for Ana with user_message "done"
    Then the tool answers:
      """
      ok: true
      status: connected
      """
    And the provider was asked to poll once

  Scenario Outline: Quoted words that don't ask for it mint nothing
    Given the operator has set trust_quoted_words to true
    When the agent calls start for Ana with user_message "<words>"
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked nothing

    Examples:
      | words                        |
      | Add the OpenAI model         |
      | yes                          |
      | what's the weather           |
      | Add OpenAI API key           |

  Scenario Outline: Quoted words that don't confirm poll nothing
    Given the operator has set trust_quoted_words to true
    When the agent calls start for Ana with user_message "Sign in with my ChatGPT account"
    And Ana approves the code
    And the agent calls poll for Ana with user_message "<words>"
    Then the tool answers:
      """
      ok: false
      error: confirmation_required
      """
    And the provider was asked to poll never

    Examples:
      | words   |
      | not yet |
      | done?   |
      | yes     |
      | ✅      |

  Scenario: Status, models and usage are for anybody who holds the tool, and change nothing
    Given Ana is connected
    When the agent calls status for Ana
    Then the tool answers:
      """
      ok: true
      state: connected
      connected: true
      email: ana@example.test
      account_id: acc-ana
      plan: plus
      expires_at: "2026-12-02T12:00:00+00:00"
      verified_at: "2026-11-22T12:00:00+00:00"
      """
    And the provider was asked nothing
    When the agent calls models for Ana
    Then the tool answers:
      """
      ok: true
      models: [openai-codex/gpt-5-codex, openai-codex/gpt-5, openai-codex/gpt-5-mini]
      source: cache
      """
    And the provider was asked nothing
    When the agent calls models for Ana with force true
    Then the tool answers:
      """
      ok: true
      source: live
      """
    And the provider was asked to models once
    When the agent calls usage for Ana
    Then the tool answers:
      """
      ok: true
      plan: plus
      source: live
      """
    When the agent calls usage for Ana
    Then the tool answers:
      """
      ok: true
      source: cache
      """
    And the provider was asked to usage once

  Scenario Outline: Without a login they say so
    When the agent calls <action> for Ana
    Then the tool answers:
      """
      ok: false
      error: not_connected
      """
    And the provider was asked nothing

    Examples:
      | action  |
      | models  |
      | usage   |
      | refresh |

  Scenario: Status without a login
    When the agent calls status for Ana
    Then the tool answers:
      """
      ok: true
      state: idle
      connected: false
      """

  Scenario: Refresh at most once a minute
    Given Ana is connected
    When the agent calls refresh for Ana
    Then the tool answers:
      """
      ok: true
      expires_at: "2026-12-02T12:00:00+00:00"
      """
    When 20 seconds pass
    And the agent calls refresh for Ana
    Then the tool answers:
      """
      ok: false
      error: rate_limited
      retry_after: 40
      """
    And the provider was asked to refresh once
    When 40 seconds pass
    And the agent calls refresh for Ana
    Then the provider was asked to refresh twice

  Scenario: A connected person isn't started again
    Given the operator has set trust_quoted_words to true
    And Ana is connected
    When the agent calls start for Ana with user_message "Sign in with my ChatGPT account"
    Then the tool answers:
      """
      ok: false
      error: already_connected
      """
    And the provider was asked nothing

  Scenario: The limit on starts holds for the tool
    Given the operator has set trust_quoted_words to true
    And the operator has set starts_per_hour to 1
    When the agent calls start for Ana with user_message "Sign in with my ChatGPT account"
    And the agent calls start for Ana with user_message "give me a new code"
    Then the tool answers:
      """
      ok: false
      error: rate_limited
      retry_after: 3600
      """
    And the provider was asked to start once

  Scenario: Logging out spends the person's own words
    Given the operator has set trust_quoted_words to true
    And Ana is connected
    When the agent calls logout for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked nothing
    When the agent calls logout for Ana with user_message "log out of ChatGPT"
    Then the tool answers:
      """
      ok: true
      removed: true
      revoked: true
      """
    And 0 logins are alive at the provider

  Scenario: A failed poll lets the agent start over, once
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And Ana declines the code
    And Ana says "done"
    And the agent calls poll for Ana
    Then the tool answers:
      """
      ok: true
      status: failed
      reason: declined
      """
    When the agent calls start for Ana
    Then the tool answers:
      """
      ok: true
      """
    When the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked to start twice

  Scenario: Starting over ends after three times for the agent too
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account"
    And the agent calls start for Ana
    And Ana declines the code
    And Ana says "done"
    And the agent calls poll for Ana
    And the agent calls start for Ana
    When Ana declines the code
    And Ana says "done"
    And the agent calls poll for Ana
    And the agent calls start for Ana
    When Ana declines the code
    And Ana says "done"
    And the agent calls poll for Ana
    And the agent calls start for Ana
    When Ana declines the code
    And Ana says "done"
    And the agent calls poll for Ana
    And the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the provider was asked to start 4 times
    And the provider was asked to poll 4 times

  Scenario Outline: Trouble has a stable code
    Given the operator has set trust_quoted_words to true
    When the provider answers the next start with "<answer>"
    And the agent calls start for Ana with user_message "Sign in with my ChatGPT account"
    Then the tool answers:
      """
      ok: false
      error: <error>
      """

    Examples:
      | answer     | error          |
      | 500        | provider_error |
      | 403-html   | blocked        |
      | 403-region | region         |
      | 429        | rate_limited   |
      | drop       | network        |

  Scenario: An agent leaves warnings about a pasted key to the hook
    Given the operator has set answers to agent
    When Ana says "Add OpenAI API key sk-proj-Xq3vT8mPa2Rk9LwZ4cYb7HdN1sGf6JuE"
    Then the skill says "secret_seen" and "handoff_byok"
    And the message is marked as sensitive

  Scenario: An agent speaks everywhere, in shared rooms too
    Given the operator has set answers to agent
    When Ana says "Sign in with my ChatGPT account" in a shared room
    Then the skill stays silent
    When the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
