Feature: Recovery
  The same message may arrive eleven times, workers restart, processes die in mid-call: each message has one effect,
  the same code goes on, and nothing is ever repeated by itself. conversation.md: section 3. trust.md: section 4.

  Scenario: A restart between the code and "done" goes on with the same code
    Given Ana has been shown a code
    When Ana approves the code
    And the skill is restarted
    And Ana says "show me the code again"
    Then the skill says "display"
    And the provider was asked nothing
    When Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll once

  Scenario: A login outlives a restart
    Given Ana is connected
    When the skill is restarted
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "already_connected"
    And the provider was asked nothing

  Scenario: A "done" that comes again gets the stored reply, and polls nothing
    Given Ana has been shown a code
    When Ana says "done"
    And the message "done" is delivered again
    Then the skill says "still_pending"
    And 1 of the replies is marked as repeated
    And the provider was asked to poll once

  Scenario: Ana's approval doesn't turn a "done" that comes again into a new one
    Given Ana has been shown a code
    When Ana says "done"
    And Ana approves the code
    And 1 minute passes
    And the message "done" is delivered 10 more times at once
    Then the skill says "still_pending"
    And 10 of the replies are marked as repeated
    And the provider was asked to poll once

  Scenario Outline: A "done" that arrives many times at once polls once
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "done", delivered <times> times at once
    Then the skill says "connected"
    And <repeats> of the replies are marked as repeated
    And the provider was asked to poll once
    And the provider was asked to exchange once

    Examples:
      | times | repeats |
      | 1     | 0       |
      | 2     | 1       |
      | 11    | 10      |

  Scenario Outline: Two workers carry out a message once
    Given 2 workers serve the same data folder
    And Ana has been shown a code
    When Ana approves the code
    And Ana says "done", delivered <times> times at once
    Then the skill says "connected"
    And <repeats> of the replies are marked as repeated
    And the provider was asked to poll once

    Examples:
      | times | repeats |
      | 2     | 1       |
      | 6     | 5       |

  Scenario: A request that arrives many times at once starts once
    When Ana says "Sign in with my ChatGPT account", delivered 11 times at once
    Then the skill says "display"
    And 10 of the replies are marked as repeated
    And the provider was asked to start once

  Scenario: A request that comes again shows the code that it brought
    When Ana says "Sign in with my ChatGPT account"
    And the message "Sign in with my ChatGPT account" is delivered again
    Then the skill says "display"
    And 1 of the replies is marked as repeated
    And the provider was asked to start once

  Scenario: A request that comes again after a restart starts nothing
    When Ana says "Sign in with my ChatGPT account"
    And the skill is restarted
    And the message "Sign in with my ChatGPT account" is delivered again
    Then the skill says "display"
    And 1 of the replies is marked as repeated
    And the provider was asked to start once

  Scenario: A repeated reply whose code ran out says nothing
    When Ana says "Sign in with my ChatGPT account"
    And 15 minutes pass
    And the message "Sign in with my ChatGPT account" is delivered again
    Then the skill says nothing more
    And 1 of the replies is marked as repeated

  Scenario: A repeated reply whose code was replaced says nothing
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "give me a new code"
    And the message "Sign in with my ChatGPT account" is delivered again
    Then the skill says nothing more
    And the provider was asked to start twice

  Scenario: A repeated reply whose code was cancelled says nothing
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "cancel"
    And the message "Sign in with my ChatGPT account" is delivered again
    Then the skill says nothing more
    And the provider was asked to start once

  Scenario: A repeated reply whose code was spent says nothing
    When Ana says "Sign in with my ChatGPT account"
    And Ana approves the code
    And Ana says "done"
    And the message "Sign in with my ChatGPT account" is delivered again
    Then the skill says nothing more

  Scenario: A "cancel" that comes again cancels nothing new
    Given Ana has been shown a code
    When Ana says "cancel"
    And Ana says "Sign in with my ChatGPT account"
    And the message "cancel" is delivered again
    Then the skill says "cancelled"
    And 1 of the replies is marked as repeated
    When Ana says "show me the code again"
    Then the skill says "display"

  Scenario: The same message id in another chat is another message
    Given Ana has been shown a code
    When Ana says "done"
    And the message "done" is delivered again in a chat with Ben
    Then the skill stays silent

  Scenario: A crash in the middle of a poll: told, and nothing is repeated by itself
    Given Ana has been shown a code
    And the next poll ends in a crash
    When Ana says "done"
    And the skill is restarted
    And 31 seconds pass
    And Ana says "done"
    Then the skill says "interrupted"
    And the conversation is awaiting_confirm
    And the provider was asked to poll once
    When Ana says "done"
    Then the skill says "still_pending"
    And the provider was asked to poll twice

  Scenario: The message whose turn crashed comes again: told, and not carried out
    Given Ana has been shown a code
    And the next poll ends in a crash
    When Ana says "done"
    And the skill is restarted
    And 31 seconds pass
    And the message "done" is delivered again
    Then the skill says "interrupted"
    And the provider was asked to poll once

  Scenario: A crash in the middle of a start: told, and nothing is started by itself
    Given the next start ends in a crash
    When Ana says "Sign in with my ChatGPT account"
    And the skill is restarted
    And 31 seconds pass
    And Ana says "Sign in with my ChatGPT account"
    Then the skill says "interrupted"
    And the conversation is idle
    And the provider was asked to start once
    When Ana says "Sign in with my ChatGPT account"
    Then the skill says "display"
    And the provider was asked to start twice

  Scenario: A crash in the middle of an exchange: the poll counts as failed, the code isn't exchanged twice
    Given Ana has been shown a code
    And the next exchange ends in a crash
    When Ana approves the code
    And Ana says "done"
    And the skill is restarted
    And 31 seconds pass
    And Ana says "done"
    Then the skill says "interrupted"
    When Ana says "done"
    Then the skill says "poll_refused" and "display"
    And the provider was asked to exchange once
    And the provider was asked to poll once

  Scenario: Within its lease a crashed call is believed: a message waits 25 seconds, then is told to try again
    Given Ana has been shown a code
    And the next poll ends in a crash
    When Ana says "done"
    And the skill is restarted
    And Ana says "done"
    Then nobody is answered yet
    When 26 seconds pass
    And whoever waited is answered
    Then the skill says "try_again"
    And the provider was asked to poll once

  Scenario: A message that waits is judged as soon as the lease has run out
    Given Ana has been shown a code
    And the next poll ends in a crash
    When Ana says "done"
    And the skill is restarted
    And 10 seconds pass
    And Ana says "done"
    Then nobody is answered yet
    When 21 seconds pass
    And whoever waited is answered
    Then the skill says "interrupted"
    And the provider was asked to poll once

  Scenario: Cancel doesn't wait for a poll in flight, and what it brings back is discarded
    Given Ana has been shown a code
    And the next poll is held back
    When Ana approves the code
    And Ana says "done"
    And Ana says "cancel"
    Then the skill says "cancelled"
    And the conversation is idle
    When the answer that was held back arrives
    Then the skill says nothing more
    And the provider was asked to exchange never
    When Ana says "Is my ChatGPT account connected?"
    Then the skill says "not_connected"

  Scenario: Cancel during an exchange revokes the tokens that come back
    Given Ana has been shown a code
    And the next exchange is held back
    When Ana approves the code
    And Ana says "done"
    And Ana says "cancel"
    Then the skill says "cancelled"
    When the answer that was held back arrives
    Then the skill says nothing more
    And the provider was asked to revoke once
    And 0 logins are alive at the provider

  Scenario: Log out during an exchange revokes the tokens that come back
    Given Ana has been shown a code
    And the next exchange is held back
    When Ana approves the code
    And Ana says "done"
    And Ana says "log out of ChatGPT"
    Then the conversation is idle
    When the answer that was held back arrives
    Then the skill says nothing more
    And the provider was asked to revoke once
    And 0 logins are alive at the provider

  Scenario: Log out while the models of a new login are read, and nobody is told "connected" after that
    Given Ana has been shown a code
    And the next models is held back
    When Ana approves the code
    And Ana says "done"
    And Ana says "log out of ChatGPT"
    Then the skill says "logged_out"
    When the answer that was held back arrives
    Then the skill says nothing more
    And 0 logins are alive at the provider

  Scenario: The same where the models can't be read
    Given Ana has been shown a code
    And the provider answers the next models with "500"
    And the next models is held back
    When Ana approves the code
    And Ana says "done"
    And Ana says "log out of ChatGPT"
    Then the skill says "logged_out"
    When the answer that was held back arrives
    Then the skill says nothing more

  Scenario: Cancel during a start shows no code afterwards
    Given the next start is held back
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "cancel"
    Then the skill says "cancelled"
    When the answer that was held back arrives
    Then the skill says nothing more
    When Ana says "done"
    Then the skill stays silent
    And the provider was asked to poll never

  Scenario: A stored reply is kept for a day
    Given Ana has been shown a code
    When Ana says "done"
    And 23 hours pass
    And the message "done" is delivered again
    Then the skill says "still_pending"
    And 1 of the replies is marked as repeated
    And the provider was asked to poll once
