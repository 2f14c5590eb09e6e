"""What one message, or one tool call, does to what is stored (conversation.md, section 3).

    claim    one transaction: read, let the machine decide, spend the intent, lease the state
    call     no transaction is open; the tool works
    settle   one transaction: let the machine decide again, store outcome and reply, give the lease back

These are the two transactions, as pure functions of the record; `onboarding.py` makes the call between them. What
others did meanwhile (a cancel, a logout) is seen in `settle`, which then discards the outcome.
"""
