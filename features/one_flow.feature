Feature: One flow
  A person has one sign-in at a time, in one conversation; asking for it in another chat moves it there.
  conversation.md: sections 1 and 2 (rule 5).

  Scenario: A request in another chat moves the flow, with the same code
    Given Ana has been shown a code
    When Ana says "Sign in with my ChatGPT account" in another chat
    Then the skill replies:
      """
      Open this URL in your browser:
        https://auth.openai.com/codex/device
      And enter this code:
        {user_code}
      """
    And the skill mentions "moved"
    And the conversation is awaiting_confirm
    And the provider was asked nothing

  Scenario: The old chat is idle then
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "Sign in with my ChatGPT account" in another chat
    And Ana says "done"
    Then the skill stays silent
    And the provider was asked nothing
    When Ana says "done" in another chat
    Then the skill says "connected"
    And the provider was asked to poll once

  Scenario: A "done" sent before the code was shown there doesn't count
    Given Ana has been shown a code
    When Ana approves the code
    And 60 seconds pass
    And Ana says "Sign in with my ChatGPT account" in another chat
    And Ana says "done" in another chat, sent 30 seconds ago
    Then the skill says "say_again"
    And the provider was asked nothing

  Scenario: A flow whose code ran out isn't moved, a new one is started
    Given Ana has been shown a code
    When 15 minutes pass
    And Ana says "Sign in with my ChatGPT account" in another chat
    Then the skill says "display"
    And the provider was asked to start once

  Scenario: It may be moved back
    Given Ana has been shown a code
    When Ana says "Sign in with my ChatGPT account" in another chat
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "display"
    And the provider was asked nothing

  Scenario: A vague request elsewhere is asked about, and the flow stays
    Given Ana has been shown a code
    When Ana says "Add the OpenAI model" in another chat
    Then the skill says "ask"
    When Ana approves the code
    And Ana says "done"
    Then the skill says "connected"

  Scenario: Two people's flows don't touch
    Given Ana has been shown a code
    And Ben has been shown a code
    When Ben approves the code
    And Ben says "done"
    Then the skill says "connected"
    When Ana says "done"
    Then the skill says "still_pending"

  Scenario: A logout in one chat counts in all
    Given Ana is connected
    When Ana says "log out of ChatGPT" in another chat
    Then the skill says "logged_out"
    When Ana says "Is my ChatGPT account connected?"
    Then the skill says "not_connected"

  Scenario: A logout in another chat drops the flow
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "log out of ChatGPT" in another chat
    And Ana says "done"
    Then the skill stays silent
    And the provider was asked nothing

  Scenario Outline: What is asked while the code is on screen
    Given Ana has been shown a code
    When Ana says "<text>"
    Then the skill says "<told>"
    And the conversation is <state>
    And the provider was asked nothing

    Examples:
      | text                             | told                 | state            |
      | Use my Codex subscription        | display              | awaiting_confirm |
      | Add the OpenAI model             | display              | awaiting_confirm |
      | Codex keeps throwing 401         | display              | awaiting_confirm |
      | status of my Codex login pls     | waiting              | awaiting_confirm |
      | which codex models do I have     | waiting              | awaiting_confirm |
      | codex limits                     | waiting              | awaiting_confirm |
      | log out of ChatGPT               | cancelled            | idle             |
      | actually I'd rather use an API key | handoff_byok       | idle             |
      | Sign in with Google              | handoff_other_vendor | idle             |
      | cancel                           | cancelled            | idle             |
      | never mind                       | cancelled            | idle             |
      | I'm done with this, cancel       | cancelled            | idle             |

  Scenario Outline: After leaving, "done" means nothing
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "<text>"
    And Ana says "done"
    Then the skill stays silent
    And the provider was asked nothing

    Examples:
      | text                               |
      | cancel                             |
      | log out of ChatGPT                 |
      | actually I'd rather use an API key |
