Feature: Failure
  Whatever goes wrong, the person hears what it was and what to do next, and the flow rests where it can go on. A code
  that will never be approved is replaced in the same turn, three times at most; trouble on the way is never retried by
  itself. conversation.md: sections 1, 2 (rules 1 and 2) and 4. trust.md: section 2.

  Scenario: Declined in the browser: the reason, a blank line, a new code
    Given Ana has been shown a code
    When Ana declines the code
    And Ana says "done"
    Then the skill says "poll_declined" and "display"
    And the conversation is awaiting_confirm
    And the provider was asked to poll once
    And the provider was asked to start once
    When Ana approves the code
    And Ana says "done"
    Then the skill says "connected"

  Scenario: Run out unapproved: the reason names the setting that must be on
    Given Ana has been shown a code
    When 15 minutes pass
    And Ana says "done"
    Then the skill says "poll_expired" and "display"
    And the skill mentions "Settings"
    And the provider was asked to poll once
    And the provider was asked to start once

  Scenario: "Pending" after the code ran out counts as expired
    Given Ana has been shown a code
    When 15 minutes pass
    And the provider answers the next poll with "pending-403"
    And Ana says "done"
    Then the skill says "poll_expired" and "display"

  Scenario Outline: However the refusal is put, the sign-in starts over in the same turn
    Given Ana has been shown a code
    When the provider answers the next poll with "<answer>"
    And Ana says "done"
    Then the skill says "<reason>" and "display"
    And the provider was asked to poll once
    And the provider was asked to start once

    Examples:
      | answer       | reason        |
      | declined-401 | poll_declined |
      | declined-403 | poll_declined |
      | expired      | poll_expired  |
      | expired-400  | poll_expired  |
      | expired-text | poll_expired  |

  Scenario Outline: A refused exchange counts as failed and starts over
    Given Ana has been shown a code
    When Ana approves the code
    And the provider answers the next exchange with "<answer>"
    And Ana says "done"
    Then the skill says "<reason>" and "display"
    And the provider was asked to exchange once
    And the provider was asked to start once

    Examples:
      | answer               | reason              |
      | invalid-grant        | poll_refused        |
      | invalid-grant-object | poll_refused        |
      | no-entitlement       | poll_no_entitlement |

  Scenario: Starting over ends after three times
    Given Ana has been shown a code
    When Ana declines the code
    And Ana says "done"
    And Ana declines the code
    And Ana says "done"
    And Ana declines the code
    And Ana says "done"
    Then the skill says "poll_declined" and "display"
    When Ana declines the code
    And Ana says "done"
    Then the skill says "poll_declined" and "no_more_restarts"
    And the conversation is failed
    And the provider was asked to start 3 times
    And the provider was asked to poll 4 times
    When Ana says "try again"
    Then the skill says "display"

  Scenario: Starting over minds the limit on starts
    Given the operator has set starts_per_hour to 1
    And Ana has been shown a code
    When Ana declines the code
    And Ana says "done"
    Then the skill says "poll_declined" and "start_limit"
    And the conversation is failed
    And the provider was asked to start never

  Scenario Outline: Trouble on the way is told, and nothing is repeated by itself
    Given Ana has been shown a code
    When Ana approves the code
    And the provider answers the next poll with "<answer>"
    And Ana says "done"
    Then the skill says "<told>"
    And the conversation is awaiting_confirm
    And the provider was asked to poll once
    And the provider was asked to start never
    When Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll twice

    Examples:
      | answer     | told             |
      | 500        | trouble_provider |
      | 503        | trouble_provider |
      | 502-html   | trouble_blocked  |
      | 408        | trouble_provider |
      | 403-html   | trouble_blocked  |
      | 403-page   | trouble_blocked  |
      | 403-region | trouble_region   |
      | 429        | trouble_limit    |

  Scenario: A limit tells how long to wait
    Given Ana has been shown a code
    When the provider answers the next poll with "429" (retry_after: 240)
    And Ana says "done"
    Then the skill says "trouble_limit"
    And the skill mentions "4 min"

  Scenario: The provider can't be reached
    Given Ana has been shown a code
    When Ana approves the code
    And the next poll never leaves
    And Ana says "done"
    Then the skill says "trouble_network"
    And the conversation is awaiting_confirm
    When Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll once

  Scenario: An answer that never comes is a time-out
    Given Ana has been shown a code
    And the next poll is held back
    When Ana says "done"
    Then nobody is answered yet
    When 13 seconds pass
    And whoever waited is answered
    Then the skill says "trouble_network"
    And the conversation is awaiting_confirm
    And the provider was asked to poll once

  Scenario: An exchange that was surely never sent is resumed there, without a new poll
    Given Ana has been shown a code
    When Ana approves the code
    And the next exchange never leaves
    And Ana says "done"
    Then the skill says "trouble_network"
    And the conversation is awaiting_confirm
    When Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll once
    And the provider was asked to exchange once

  Scenario: It is resumed there by a new process too
    Given Ana has been shown a code
    When Ana approves the code
    And the next exchange never leaves
    And Ana says "done"
    And the skill is restarted
    And Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll once

  Scenario: An exchange whose answer was lost counts as failed, and is never sent twice
    Given Ana has been shown a code
    When Ana approves the code
    And the provider answers the next exchange with "drop"
    And Ana says "done"
    Then the skill says "poll_refused" and "display"
    And the provider was asked to poll once
    And the provider was asked to exchange once
    And the provider was asked to start once

  Scenario Outline: A start that fails says why, and shows no code
    When the provider answers the next start with "<answer>"
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "<told>"
    And the conversation is failed
    And the provider was asked to start once
    When Ana says "try again"
    Then the skill says "display"
    And the provider was asked to start twice

    Examples:
      | answer     | told              |
      | 500        | start_provider    |
      | 200-html   | start_blocked     |
      | 200-broken | start_provider    |
      | 302        | start_provider    |
      | 403-html   | start_blocked     |
      | 403-region | start_region      |
      | 404        | start_unsupported |
      | 429        | start_limit       |
      | drop       | start_network     |

  Scenario: A start that can't reach the provider
    When the next start never leaves
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "start_network"
    And the conversation is failed

  Scenario: A failed start tells how long to wait
    When the provider answers the next start with "429" (retry_after: 600)
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "start_limit"
    And the skill mentions "10 min"

  Scenario: After a failed start any new request is as from idle
    When the provider answers the next start with "500"
    And Ana says "Sign in with my ChatGPT account"
    And Ana says "Use my Codex subscription"
    Then the skill says "display"

  Scenario: After a failed start the person may ask why
    When the provider answers the next start with "403-region"
    And Ana says "Sign in with my ChatGPT account"
    And Ana says "what went wrong?"
    Then the skill says "start_region"
    And the conversation is failed
    And the provider was asked to start once

  Scenario: After a failed start the person may leave it
    When the provider answers the next start with "500"
    And Ana says "Sign in with my ChatGPT account"
    And Ana says "leave it"
    Then the skill says "left_alone"
    And the conversation is idle

  Scenario: After a failed start ordinary talk passes through
    When the provider answers the next start with "500"
    And Ana says "Sign in with my ChatGPT account"
    And Ana says "please book a table for two"
    Then the skill stays silent
    And the provider was asked to start once

  Scenario: "Invalid" names the setting that must be on
    Given Ana has been shown a code
    When Ana says "it says the code is invalid"
    Then the skill says "help"
    And the skill mentions "Settings"
    And the provider was asked nothing

  Scenario: "Not yet" after the code ran out says that it ran out
    Given Ana has been shown a code
    When 20 minutes pass
    And Ana says "still logging in"
    Then the skill says "ran_out"
    And the provider was asked nothing
    When Ana says "new code"
    Then the skill says "display"
    And the provider was asked to start once

  Scenario: An hour after the code ran out the flow is over, silently
    Given Ana has been shown a code
    When 75 minutes pass
    And Ana says "done"
    Then the skill stays silent
    And the provider was asked nothing

  Scenario: Just before that it still lives
    Given Ana has been shown a code
    When 74 minutes pass
    And Ana says "done"
    Then the skill says "poll_expired" and "display"

  Scenario: A data folder that can't be used is said plainly, and the provider isn't asked
    Given the data folder is taken by a file
    When Ana says "Sign in with my ChatGPT account"
    Then the skill says "storage"
    And the provider was asked nothing
    When Ana says "Add OpenAI API key"
    Then the skill says "handoff_byok"
    When Ana says "please book a table for two"
    Then the skill stays silent
