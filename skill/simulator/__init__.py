"""A local provider for demo and tests: the other side of the wire, stateful and steerable.

    async with serve(provider := LocalProvider()) as served:
        ...                                      # a client signs in at served.issuer
        provider.approve("WXYZ-12345")           # what the person does on served.page_url
        provider.fault("poll", "429", retry_after=7)
        assert provider.count("poll") == 1

It imports nothing of the rest of `skill`; what both sides know stands in the protocol, not in shared code.
"""

from .accounts import Account
from .devices import SignInOffError, UnknownCodeError
from .faults import describe as describe_faults
from .log import Record
from .provider import LocalProvider
from .server import PortTakenError, Served, serve, serve_in_thread

__all__ = [
    "Account",
    "LocalProvider",
    "PortTakenError",
    "Record",
    "Served",
    "SignInOffError",
    "UnknownCodeError",
    "describe_faults",
    "serve",
    "serve_in_thread",
]
