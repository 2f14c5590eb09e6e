"""Chat runtimes: each file or folder translates one runtime's events and answers, and decides nothing."""
