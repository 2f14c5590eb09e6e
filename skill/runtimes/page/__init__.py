"""A chat page beside a provider of this machine: the whole sign-in in a browser, its states and requests next to it.

    build(onboarding, page=ChatPage(onboarding))

For trying and showing only: whoever opens the page is a new person, so it works with a provider on loopback alone.
"""

from skill.runtimes.page.app import ChatPage, NotLocalError

__all__ = ["ChatPage", "NotLocalError"]
