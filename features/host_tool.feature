Feature: The host's own tool
  Some platforms have `openai_oauth` built in. The same rules hold, the same words are said, and only verification_url,
  user_code, pending_id, status and email are relied on. conversation.md: section 7, and rule 3 of section 2.

  Scenario: A whole sign-in
    Given a host with its own tool, which answers:
      """
      status: {ok: true, connected: false}
      start: {ok: true, verification_url: "https://auth.openai.com/codex/device", user_code: ABCD-12345, pending_id: p1}
      poll: {ok: true, status: connected, email: ana@example.test}
      """
    When Ana says "Sign in with my ChatGPT account"
    Then the skill replies:
      """
      Open this URL in your browser:
        https://auth.openai.com/codex/device
      And enter this code:
        ABCD-12345
      """
    And the host's tool was asked to poll never
    When Ana says "done"
    Then the skill replies:
      """
      Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
      """
    And the host's tool was asked to start once
    And the host's tool was asked to poll once

  Scenario Outline: The address shown is https on the issuer's host, without query and fragment
    Given a host with its own tool, which answers:
      """
      status: {ok: true, connected: false}
      start: {ok: true, verification_url: "<address>", user_code: ABCD-12345, pending_id: p1}
      """
    When Ana says "Sign in with my ChatGPT account"
    Then the skill replies:
      """
      Open this URL in your browser:
        <shown>
      And enter this code:
        ABCD-12345
      """

    Examples:
      | address                                                 | shown                                |
      | https://auth.openai.com/codex/device                    | https://auth.openai.com/codex/device |
      | https://auth.openai.com/activate                        | https://auth.openai.com/activate     |
      | https://auth.openai.com/codex/device?user_code=ABCD-12345 | https://auth.openai.com/codex/device |
      | https://auth.openai.com/codex/device#ABCD-12345         | https://auth.openai.com/codex/device |
      | https://auth.openai.com/codex/device/ABCD-12345         | https://auth.openai.com/codex/device |
      | https://auth.openai.com.evil.test/codex/device          | https://auth.openai.com/codex/device |
      | https://evil.test/codex/device                          | https://auth.openai.com/codex/device |
      | http://auth.openai.com/codex/device                     | https://auth.openai.com/codex/device |
      | https://auth.openai.com@evil.test/                      | https://auth.openai.com/codex/device |
      | https://user:pw@auth.openai.com/codex/device            | https://auth.openai.com/codex/device |
      | javascript:alert(1)                                     | https://auth.openai.com/codex/device |

  Scenario Outline: A hostile code is refused
    Given a host with its own tool, which answers:
      """
      status: {ok: true, connected: false}
      start: {ok: true, verification_url: "https://auth.openai.com/codex/device", user_code: "<code>", pending_id: p1}
      """
    When Ana says "Sign in with my ChatGPT account"
    Then the skill says "start_provider"
    And the conversation is failed
    And the skill doesn't mention "<code>"

    Examples:
      | code                      |
      | https://evil.test         |
      | ABC                       |
      | ABCD 12345                |
      | ABCD-12345\n              |
      | ABCDEFGHIJKLMNOPQRSTUVWXY |
      | [here](evil)              |

  Scenario: Status first: the host says that the person is connected
    Given a host with its own tool, which answers:
      """
      status: {ok: true, connected: true, email: ana@example.test}
      """
    When Ana says "Sign in with my ChatGPT account"
    Then the skill says "already_connected"
    And the skill mentions "ana@example.test"
    And the host's tool was asked to start never

  Scenario: Nobody asked, and the host's tool hears nothing
    Given a host with its own tool, which answers:
      """
      start: {ok: true, verification_url: "https://auth.openai.com/codex/device", user_code: ABCD-12345, pending_id: p1}
      """
    When the agent calls start for Ana
    Then the tool answers:
      """
      ok: false
      error: request_required
      """
    And the host's tool was asked to start never

  Scenario Outline: What the host's poll says
    Given a host with its own tool, which answers:
      """
      status: {ok: true, connected: false}
      start: {ok: true, verification_url: "https://auth.openai.com/codex/device", user_code: ABCD-12345, pending_id: p1}
      poll: <answer>
      """
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "done"
    Then the skill says <told>
    And the host's tool was asked to poll once

    Examples:
      | answer                                             | told                          |
      | {ok: true, status: pending}                        | "still_pending"               |
      | {ok: true, status: failed, reason: declined}       | "poll_declined" and "display" |
      | {ok: true, status: failed, reason: expired}        | "poll_expired" and "display"  |
      | {ok: true, status: failed}                         | "poll_refused" and "display"  |
      | {ok: true, status: nonsense}                       | "trouble_provider"            |
      | {ok: false, error: network}                        | "trouble_network"             |
      | {ok: false, error: rate_limited, retry_after: 120} | "trouble_limit"               |
      | {ok: false, error: something_new}                  | "trouble_provider"            |
