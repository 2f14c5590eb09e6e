"""Binds every scenario of `features/` to the steps."""

from pytest_bdd import scenarios

scenarios(".")
