"""Where sessions, logins and message receipts last: one database, every record sealed."""
