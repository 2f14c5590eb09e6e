# language: zh-CN
功能: 在茶壶里登录
  步骤与英文的相同；关键词和说的话是中文。

  场景: 用自己的订阅登录，批准之后只轮询一次
    当 小林 says "使用我的Codex订阅"
    那么 the skill says "display" in Chinese
    而且 the provider was asked to poll never
    当 小林 says "还没"
    那么 the skill says "not_yet" in Chinese
    当 小林 approves the code as "wei@example.test"
    而且 小林 says "完成了"
    那么 the skill replies:
      """
      已以wei@example.test身份连接。您可以通过`/model openai-codex/gpt-5`切换模型。
      """
    并且 the provider was asked to poll once

  场景: 别人的“完成了”不算数
    假如 小林 has been shown a code
    当 小王 says "完成了" in a chat with 小林
    那么 the provider was asked nothing

  场景: 茶壶照原样转达
    当 小林 writes "使用我的Codex订阅" to Teapot
    那么 Teapot says:
      """
      在浏览器中打开此链接:
        {verification_url}
      并输入此验证码:
        {user_code}
      """
