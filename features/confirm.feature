Feature: Confirm
  One confirmation, one poll. An approved code makes the person connected, and the reply is worded exactly like this.
  conversation.md: sections 1, 2 (rule 2) and 4.

  Scenario: Connected, in English
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "done"
    Then the skill replies:
      """
      Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
      """
    And the conversation is connected
    And the provider was asked to poll once
    And the provider was asked to exchange once

  Scenario: Connected, in Chinese
    When Wei says "使用我的ChatGPT账户登录"
    And Wei approves the code
    And Wei says "完成了"
    Then the skill replies:
      """
      已以ana@example.test身份连接。您可以通过`/model openai-codex/gpt-5-codex`切换模型。
      """
    And the conversation is connected
    And the provider was asked to poll once

  Scenario Outline: Saying that the browser step is finished polls once
    Given Ana has been shown a code
    When Ana approves the code
    And Ana says "<text>"
    Then the skill says "connected"
    And the provider was asked to poll once

    Examples:
      | text               |
      | I'm done           |
      | approved           |
      | done ✅            |
      | yes                |
      | ok I entered it    |
      | finished, check now |
      | 已授权             |
      | 弄好了             |

  Scenario: Pending: each confirmation is one poll, and the flow goes on
    Given Ana has been shown a code
    When Ana says "done"
    Then the skill says "still_pending"
    And the conversation is awaiting_confirm
    And the provider was asked to poll once
    When Ana says "done"
    Then the skill says "still_pending"
    And the provider was asked to poll twice
    When Ana approves the code
    And Ana says "done"
    Then the skill says "connected"
    And the provider was asked to poll 3 times
    And the provider was asked to start never

  Scenario Outline: However "pending" is put, it is pending
    Given Ana has been shown a code
    And the provider answers the next poll with "<answer>"
    When Ana says "done"
    Then the skill says "still_pending"
    And the provider was asked to poll once

    Examples:
      | answer            |
      | pending-403-empty |
      | pending-404       |
      | pending-404-empty |

  Scenario: The poll is made whatever our own clock says
    Given Ana has been shown a code
    When Ana approves the code
    And 16 minutes pass
    And Ana says "done"
    Then the provider was asked to poll once

  Scenario: Gpt-5-codex is named although it isn't the account's first model
    Given the account "zoe@example.test" has models [gpt-5, gpt-5-codex]
    And Ana has been shown a code
    When Ana approves the code as "zoe@example.test"
    And Ana says "done"
    Then the skill replies:
      """
      Connected as zoe@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
      """
    And the models in the selector are openai-codex/gpt-5, openai-codex/gpt-5-codex

  Scenario: An account without gpt-5-codex is offered its first model
    Given Ana has been shown a code
    When Ana approves the code as "wei@example.test"
    And Ana says "done"
    Then the skill replies:
      """
      Connected as wei@example.test. You can switch with `/model openai-codex/gpt-5`.
      """

  Scenario: A list that can't be read doesn't stand in the way
    Given Ana has been shown a code
    And the provider answers the next models with "500"
    When Ana approves the code as "wei@example.test"
    And Ana says "done"
    Then the skill replies:
      """
      Connected as wei@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
      """
    And the models in the selector are openai-codex/gpt-5-codex, openai-codex/gpt-5, openai-codex/gpt-5-mini

  Scenario: Without an e-mail the account's id is named
    Given Ana has been shown a code
    And the account "ana@example.test" has email ""
    When Ana approves the code
    And Ana says "done"
    Then the skill replies:
      """
      Connected as acc-ana. You can switch with `/model openai-codex/gpt-5-codex`.
      """

  Scenario: Without either it is "your ChatGPT account"
    Given Ana has been shown a code
    And the account "ana@example.test" has email ""
    And the account "ana@example.test" has account_id ""
    When Ana approves the code
    And Ana says "done"
    Then the skill replies:
      """
      Connected as your ChatGPT account. You can switch with `/model openai-codex/gpt-5-codex`.
      """

  Scenario: Without either, in Chinese
    When Wei says "使用我的Codex订阅"
    And the account "ana@example.test" has email ""
    And the account "ana@example.test" has account_id ""
    And Wei approves the code
    And Wei says "完成了"
    Then the skill replies:
      """
      已以您的ChatGPT账户身份连接。您可以通过`/model openai-codex/gpt-5-codex`切换模型。
      """

  Scenario: A message that comes while a poll is in flight waits, and is judged after it
    Given Ana has been shown a code
    And the next poll is held back
    When Ana approves the code
    And Ana says "done"
    And Ana says "Is my ChatGPT account connected?"
    Then nobody is answered yet
    When the answer that was held back arrives
    Then the skill says "status"
    And the conversation is connected
    And the provider was asked to poll once

  Scenario: A second "done" while a poll is in flight is no confirmation of what that poll brings
    Given Ana has been shown a code
    And the next poll is held back
    When Ana says "done"
    And Ana says "done"
    Then nobody is answered yet
    When the answer that was held back arrives
    Then the skill says "say_again"
    And the conversation is awaiting_confirm
    And the provider was asked to poll once

  Scenario: The same over a real port
    Given the provider listens on a real port
    And Ana has been shown a code
    When Ana approves the code
    And Ana says "done"
    Then the skill replies:
      """
      Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
      """
    And the provider was asked to poll once
