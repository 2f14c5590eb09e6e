Feature: Languages
  English, Spanish and Chinese, each to the one who speaks it: the text's own language, else the conversation's, else what the
  chat client says, else English. conversation.md: section 3.

  Scenario: A whole sign-in in Chinese
    When Wei says "使用我的ChatGPT账户登录"
    Then the skill replies:
      """
      在浏览器中打开此链接:
        https://auth.openai.com/codex/device
      并输入此验证码:
        {user_code}
      """
    When Wei says "还没好"
    Then the skill says "not_yet" in Chinese
    When Wei says "完成了"
    Then the skill says "still_pending" in Chinese
    When Wei approves the code
    And Wei says "弄好了"
    Then the skill replies:
      """
      已以ana@example.test身份连接。您可以通过`/model openai-codex/gpt-5-codex`切换模型。
      """

  Scenario: A whole sign-in in English
    When Ana says "Sign in with my ChatGPT account"
    Then the skill replies:
      """
      Open this URL in your browser:
        https://auth.openai.com/codex/device
      And enter this code:
        {user_code}
      """
    When Ana says "almost"
    Then the skill says "not_yet" in English
    When Ana says "done"
    Then the skill says "still_pending" in English
    When Ana approves the code
    And Ana says "approved"
    Then the skill replies:
      """
      Connected as ana@example.test. You can switch with `/model openai-codex/gpt-5-codex`.
      """

  Scenario: A whole sign-in in Spanish
    When Luz says "Inicia sesión con mi cuenta de ChatGPT"
    Then the skill replies:
      """
      Abre este enlace en tu navegador:
        https://auth.openai.com/codex/device
      E introduce este código:
        {user_code}
      """
    When Luz says "todavía no"
    Then the skill says "not_yet" in Spanish
    When Luz says "ya está"
    Then the skill says "still_pending" in Spanish
    When Luz approves the code
    And Luz says "listo"
    Then the skill replies:
      """
      Conectado como ana@example.test. Puedes cambiar de modelo con `/model openai-codex/gpt-5-codex`.
      """

  Scenario: In Spanish, a question first, and a word that English has too
    When Luz says "¿Cómo conecto mi ChatGPT Plus?"
    Then the skill says "ask" in Spanish
    When Luz says "la suscripción"
    Then the skill says "display" in Spanish
    When Luz says "no"
    Then the skill says "not_yet" in Spanish
    When Luz says "perdí el código"
    Then the skill says "display" in Spanish
    When Luz says "mejor cancela"
    Then the skill says "cancelled" in Spanish

  Scenario: The text's own language comes first
    When Wei says "使用我的Codex订阅"
    And Wei says "show me the code again"
    Then the skill says "display" in English
    When Wei says "完成了"
    Then the skill says "still_pending" in Chinese

  Scenario: The conversation's language comes before the chat client's
    Given Ana's chat client is set to "zh-TW"
    When Ana says "Sign in with my ChatGPT account"
    And Ana says "✅"
    Then the skill says "still_pending" in English

  Scenario: Without any hint it is English
    When Ana says "gpt-5-codex"
    Then the skill says "ask" in English

  Scenario: Mixed words with Chinese grammar are Chinese
    When Wei says "connect 我的 codex 订阅"
    Then the skill says "display" in Chinese

  Scenario: Traditional characters are Chinese
    When Wei says "使用我的ChatGPT帳戶登入"
    Then the skill says "display" in Chinese

  Scenario: A declined sign-in starts over in Chinese
    When Wei says "使用我的Codex订阅"
    And Wei declines the code
    And Wei says "完成了"
    Then the skill says "poll_declined" and "display" in Chinese

  Scenario: A shared room is pointed out in the speaker's language
    When Wei says "使用我的Codex订阅" in a shared room
    Then the skill says "private" in Chinese

  Scenario: The conversation's language is remembered through a restart
    When Wei says "使用我的Codex订阅"
    And the skill is restarted
    And Wei says "还没好"
    Then the skill says "not_yet" in Chinese

  Scenario: A text without a language of its own gets the conversation's
    When Wei says "使用我的Codex订阅"
    And Wei says "✅"
    Then the skill says "still_pending" in Chinese

  Scenario Outline: A text without a language, in a new conversation, gets the chat client's
    Given Ana's chat client is set to "<tag>"
    When Ana says "gpt-5-codex"
    Then the skill says "ask" in <language>

    Examples:
      | tag     | language |
      | zh-TW   | Chinese  |
      | zh-CN   | Chinese  |
      | zh-Hant | Chinese  |
      | es-MX   | Spanish  |
      | en-GB   | English  |
      | fr      | English  |

  Scenario: The conversation's language outlives a restart
    When Wei says "使用我的Codex订阅"
    And the skill is restarted
    And Wei says "✅"
    Then the skill says "still_pending" in Chinese
