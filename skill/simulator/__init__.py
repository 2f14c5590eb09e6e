"""A local provider for demo and tests: the other side of the wire, stateful and steerable.

It imports nothing of the rest of `skill`; what both sides know stands in the protocol, not in shared code.
"""

from .accounts import Account
from .devices import SignInOffError, UnknownCodeError
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
    "serve",
    "serve_in_thread",
]
