Feature: Signing in with Teapot
  What the skill promises, with its own steps; and what Teapot makes of it, with steps of Teapot's.

  Scenario: Somebody signs in, and nothing is polled meanwhile
    When Kim says "Sign in with my ChatGPT account"
    Then the skill says "display"
    When 5 minutes pass
    And Kim says "not yet"
    Then the skill says "not_yet"
    And the provider was asked to poll never
    When Kim approves the code
    And Kim says "done"
    Then the skill replies:
      """
      Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
      """
    And the provider was asked to poll once

  Scenario: Talk about tea is Teapot's
    When Kim says "tea is ready"
    Then the skill stays silent
    And the store was asked nothing

  Scenario: A team of four doesn't need ten sign-ins an hour
    Given Kim has been shown a code
    When Kim says "give me a new code" 2 times
    Then the skill says "display"
    When Kim says "give me a new code"
    Then the skill says "start_limit"

  Scenario: Teapot passes on every word of it
    When Kim writes "Use my Codex subscription" to Teapot
    Then Teapot says 4 messages
    And Teapot says:
      """
      Open this URL in your browser:
        {verification_url}
      And enter this code:
        {user_code}
      """
    When Kim approves the code as "wei@example.test"
    And Kim writes "done" to Teapot
    Then Teapot says "Connected as wei@example.test. You can switch with `/model openai-codex/gpt-5`."

  Scenario: A question is paid by whoever asks it
    When Kim writes "/ask how long does oolong steep?" to Teapot
    Then Teapot says "That needs your own plan. Say "sign in with my ChatGPT account" first."
    And the provider was asked nothing
    When Kim writes "sign in with my ChatGPT account" to Teapot
    And Kim approves the code
    And Kim writes "done" to Teapot
    And Kim writes "/ask how long does oolong steep?" to Teapot
    Then Teapot says "Hello from gpt-5-codex. You said: how long does oolong steep?"
    When Lee writes "/ask and sencha?" to Teapot
    Then Teapot says "That needs your own plan. Say "sign in with my ChatGPT account" first."
    And the provider was asked to responses once

  Scenario: A pasted key isn't in the minutes
    When Lee writes "here is my OpenAI key: sk-proj-Tq7wLm2Xv9Rb4Kd8Zs3Yc6Nf1Hj5Gp0" to Teapot
    Then Teapot says "Keys are Kim's business: ask her in person."
    And the minutes are empty
    And "sk-proj-Tq7wLm2Xv9Rb4Kd8Zs3Yc6Nf1Hj5Gp0" is nowhere to be found

  Scenario: In the team's room nobody's code is shown
    When Kim writes "Use my Codex subscription" to Teapot in the team's room
    Then Teapot says 1 message
    And the provider was asked nothing
