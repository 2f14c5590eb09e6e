// The host's event in the service's form (runtimes.md, section 2). Who and where come from the host, never from a text.

const MOST = 40_000; // characters; the service considers 32 KiB, and takes no body that is much larger

export function messageOf(event, context = {}) {
  const timestamp = Number.isFinite(event.timestamp) ? new Date(event.timestamp) : null;
  return {
    message_id: event.messageId ?? context.messageId ?? null,
    // Several conversations may share a session, and several threads a conversation.
    conversation_id: [context.conversationId, event.sessionKey ?? context.sessionKey].filter(Boolean).join(" "),
    user_id: event.senderId || context.senderId || null,
    text: event.content.slice(0, MOST),
    private: event.isGroup === false, // where it isn't said, others may read along
    platform: event.channel ?? context.channelId ?? "",
    account: context.accountId ?? "",
    sent_at: timestamp?.toISOString() ?? null,
  };
}
